import { isIPv4 } from 'node:net';
import type { AppAddressIR } from '../../ir/types/inbound.ts';
import type { Protocol } from '../../model/protocol.ts';
import type { ConnectionPool } from '../../schema/common/connection-pool.ts';
import type { Sidecar } from '../../schema/kinds.ts';

type Spec = Sidecar['spec'];
export type Ingress = NonNullable<Spec['ingress']>[number];
type CaptureMode = Ingress['captureMode'];

/** Whether the proxy itself listens, where iptables brings it nothing. */
export function listensItself(captureMode: CaptureMode, interception: string | undefined): boolean {
  if (captureMode === 'NONE') return true;
  return captureMode !== 'IPTABLES' && interception === 'NONE';
}

/** The addresses to listen on. Every address is those of the pod: beside them, clients of the pod have listeners, too. */
export function bindOf(bind: string | undefined, ips: readonly string[]): readonly string[] {
  return bind === undefined || ['', '0.0.0.0', '::'].includes(bind) ? ips : [bind];
}

/**
 * Where the app of an ingress is. Without `defaultEndpoint` that is where the client went; where the proxy itself is
 * there, the app can only be at loopback. `0.0.0.0:p` is port p of the pod's own address.
 */
export function appAddressOf(ingress: Ingress, ips: readonly string[], bound: boolean): AppAddressIR {
  const { defaultEndpoint: endpoint = '', port } = ingress;
  if (endpoint.startsWith('unix://')) return { kind: 'socket', path: endpoint.slice('unix://'.length) };
  if (endpoint === '')
    return bound
      ? { kind: 'address', address: '127.0.0.1', port: port.number ?? 0 }
      : { kind: 'called', port: undefined };
  const colon = endpoint.lastIndexOf(':');
  const host = endpoint.slice(0, colon).replace(/^\[|\]$/g, '');
  const number = Number(endpoint.slice(colon + 1));
  if (host === '127.0.0.1' || host === '::1') return { kind: 'address', address: host, port: number };
  if (!bound) return { kind: 'called', port: number };
  const four = host !== '::';
  const own = ips.find((ip) => isIPv4(ip) === four) ?? ips[0] ?? '127.0.0.1';
  return { kind: 'address', address: own, port: number };
}

/** The limits that a Sidecar sets for a port of the pod: its own, else those for all; undefined leaves them to others. */
export function inboundPoolOf(spec: Spec | undefined, port: number): ConnectionPool | undefined {
  const own = spec?.ingress?.find((ingress) => ingress.port.number === port)?.connectionPool;
  return own ?? spec?.inboundConnectionPool;
}

/** What is spoken once TLS is off. */
export function withoutTls(protocol: Protocol): Protocol {
  if (protocol === 'https') return 'http';
  return protocol === 'tls' ? 'tcp' : protocol;
}
