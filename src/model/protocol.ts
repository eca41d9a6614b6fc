/** What a port speaks; `auto` is to be found out from the first bytes. */
export type Protocol =
  | 'http'
  | 'http2'
  | 'grpc'
  | 'grpc-web'
  | 'https'
  | 'tls'
  | 'tcp'
  | 'mongo'
  | 'redis'
  | 'mysql'
  | 'udp'
  | 'auto';

/** How a listener treats a protocol. */
export type ListenerProtocol = 'http' | 'tcp' | 'auto';

const named: Readonly<Record<string, Protocol>> = {
  http: 'http',
  http2: 'http2',
  h2c: 'http2',
  grpc: 'grpc',
  'grpc-web': 'grpc-web',
  https: 'https',
  tls: 'tls',
  tcp: 'tcp',
  mongo: 'mongo',
  redis: 'redis',
  mysql: 'mysql',
  udp: 'udp',
};

const byAppProtocol: Readonly<Record<string, Protocol>> = {
  'kubernetes.io/h2c': 'http2',
  'kubernetes.io/ws': 'http',
  'kubernetes.io/wss': 'https',
};

/** Ports whose servers speak first or are never HTTP: smtp, dns, mysql, mongo. Sniffing would hang or fail there. */
const wellKnownTcp = new Set([25, 53, 3306, 27017]);

/** A protocol by the name that Istio's API gives it, in any case; undefined for others. */
export function protocolNamed(name: string): Protocol | undefined {
  const key = name.toLowerCase();
  return Object.hasOwn(named, key) ? named[key] : undefined;
}

export interface PortNaming {
  readonly number: number;
  readonly name: string;
  readonly appProtocol?: string;
  /** TCP, UDP or SCTP. */
  readonly transport?: string;
}

/**
 * Istio's protocol selection (https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/):
 * the transport, then `appProtocol`, then the name up to the first `-`, then the well-known ports, else `auto`.
 */
export function protocolOfPort(port: PortNaming): Protocol {
  if (port.transport === 'UDP' || port.transport === 'SCTP') return 'udp';
  const app = port.appProtocol;
  if (app !== undefined && app !== '') {
    return (
      (Object.hasOwn(byAppProtocol, app) ? byAppProtocol[app] : undefined) ??
      protocolByName(app) ??
      wellKnown(port.number)
    );
  }
  return protocolByName(port.name) ?? wellKnown(port.number);
}

function protocolByName(name: string): Protocol | undefined {
  const lower = name.toLowerCase();
  if (lower === 'grpc-web' || lower.startsWith('grpc-web-')) return 'grpc-web';
  return protocolNamed(lower.split('-', 1)[0] ?? '');
}

function wellKnown(number: number): Protocol {
  return wellKnownTcp.has(number) ? 'tcp' : 'auto';
}

export function listenerProtocol(protocol: Protocol): ListenerProtocol {
  switch (protocol) {
    case 'http':
    case 'http2':
    case 'grpc':
    case 'grpc-web':
      return 'http';
    case 'auto':
      return 'auto';
    default:
      return 'tcp';
  }
}

/** Whether requests to such a port are HTTP/2 without asking. */
export function isHttp2(protocol: Protocol): boolean {
  return protocol === 'http2' || protocol === 'grpc';
}
