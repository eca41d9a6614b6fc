import type { ClusterIR, UpstreamTlsIR } from '../../ir/types/cluster.ts';
import type { Message, XdsResource } from '../resource.ts';
import { translateCluster } from './cluster.ts';
import { secretConfig } from './gateway-tls.ts';
import { introduced } from './upstream-sockets.ts';
import { tlsSocket, tlsVersions } from './upstream-tls.ts';

/** A cluster of a gateway: as for sidecars, but that its TLS may come from a Secret, which sidecars never get. */
export function translateGatewayCluster(cluster: ClusterIR): XdsResource {
  const resource = translateCluster(cluster);
  const { tls, upstream, proxyProtocol } = cluster;
  if (tls.kind !== 'given' || tls.credential === '') return resource;
  const socket = { transport_socket: credentialSocket(tls, upstream) };
  const sockets = proxyProtocol === undefined ? socket : introduced(socket, proxyProtocol);
  return { ...resource, message: { ...resource.message, ...sockets } };
}

type GivenTls = Extract<UpstreamTlsIR, { kind: 'given' }>;

/**
 * `<name>` is certificate and key, `<name>-cacert` the CA. Which of the two is there is not known here, so the server is
 * always checked by the CA, as in Istio; a certificate of our own is shown where the rule is MUTUAL.
 */
function credentialSocket(tls: GivenTls, upstream: ClusterIR['upstream']): Message {
  const name = tls.credential.startsWith('kubernetes://') ? tls.credential : `kubernetes://${tls.credential}`;
  return tlsSocket({
    ...(tls.sni === '' ? {} : { sni: tls.sni }),
    common_tls_context: {
      tls_params: tlsVersions,
      ...(upstream === 'http2' ? { alpn_protocols: ['h2'] } : {}),
      ...(tls.mutual ? { tls_certificate_sds_secret_configs: [secretConfig(name)] } : {}),
      combined_validation_context: {
        default_validation_context: tls.sans.length === 0 ? {} : { match_typed_subject_alt_names: tls.sans.map(exact) },
        validation_context_sds_secret_config: secretConfig(`${name}-cacert`),
      },
    },
  });
}

const exact = (san: string): Message => ({ san_type: san.includes('://') ? 'URI' : 'DNS', matcher: { exact: san } });
