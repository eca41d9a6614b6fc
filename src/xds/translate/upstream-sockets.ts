import type { ClusterIR } from '../../ir/types/cluster.ts';
import type { Message } from '../resource.ts';
import { extension } from './common.ts';
import { credentialSocket } from './upstream-credential.ts';
import { rawBuffer, translateUpstreamTls } from './upstream-tls.ts';

type Secured = Pick<ClusterIR, 'tls' | 'upstream' | 'proxyProtocol'>;

/** How bytes reach the endpoints: `transport_socket`, or several to choose from by endpoint; nothing is plaintext. */
export function translateSockets(cluster: Secured): Message {
  const { proxyProtocol, tls, upstream } = cluster;
  const bySecret = tls.kind === 'given' && tls.credential !== '' && tls.credentialForSidecars;
  const sockets = bySecret ? { transport_socket: credentialSocket(tls, upstream) } : translateUpstreamTls(cluster);
  return proxyProtocol === undefined ? sockets : introduced(sockets, proxyProtocol);
}

/** Each of the sockets behind the PROXY protocol, which comes before TLS. */
function introduced(sockets: Message, version: 'V1' | 'V2'): Message {
  const wrapped = (socket: unknown): Message =>
    extension(
      'envoy.transport_sockets.upstream_proxy_protocol',
      'extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport',
      { config: { version }, transport_socket: socket },
    );
  const { transport_socket_matches: matches } = sockets;
  if (!Array.isArray(matches)) return { transport_socket: wrapped(sockets['transport_socket'] ?? rawBuffer) };
  return {
    transport_socket_matches: matches.map((match: Message) => ({
      ...match,
      transport_socket: wrapped(match['transport_socket']),
    })),
  };
}
