/** Few words, so that rules and calls meet. */
export const paths = ['/', '/a', '/a/b', '/ab', '/b', '/A', '/a/', '/b/c/d'] as const;
export const queries = ['', '', '?q=1', '?q=2', '?p=1&q=12', '?p'] as const;
export const methods = ['GET', 'POST', 'PUT', 'OPTIONS'] as const;
export const headerNames = ['x-a', 'x-b'] as const;
export const headerValues = ['1', '2', '12', 'Ab', ''] as const;

export const identities = {
  client: 'spiffe://cluster.local/ns/default/sa/client',
  a: 'spiffe://cluster.local/ns/default/sa/a',
  c: 'spiffe://cluster.local/ns/shop/sa/c',
  foreign: 'spiffe://other.domain/ns/default/sa/client',
} as const;

/** Of everybody, for servers that stand for any workload. */
export const allIdentities = [
  ...Object.values(identities),
  ...['b', 'caller', 'ext'].map((name) => `spiffe://cluster.local/ns/default/sa/${name}`),
  'spiffe://cluster.local/ns/istio-system/sa/gw',
];

/** Ports that servers listen on; any of them may be a target. */
export const serverPorts = [80, 443, 7000, 7001, 7002, 9000] as const;

export interface PortKind {
  readonly name: string;
  readonly port: number;
}

/** Names say the protocol; what has no known prefix is found out by looking. */
export const portKinds: readonly PortKind[] = [
  { name: 'http', port: 80 },
  { name: 'http-two', port: 7000 },
  { name: 'http2', port: 7001 },
  { name: 'grpc', port: 7002 },
  { name: 'tcp', port: 9000 },
  { name: 'tcp-two', port: 7000 },
  { name: 'auto', port: 7001 },
  { name: 'auto-two', port: 9000 },
  { name: 'auto-web', port: 80 },
  { name: 'tls', port: 443 },
  { name: 'https', port: 443 },
];

export const apps = [
  { name: 'a', namespace: 'default', address: '10.96.0.11' },
  { name: 'b', namespace: 'default', address: '10.96.0.12' },
  { name: 'c', namespace: 'shop', address: '10.96.0.13' },
] as const;

export const fqdn = ({ name, namespace }: { readonly name: string; readonly namespace: string }) =>
  `${name}.${namespace}.svc.cluster.local`;

export const outsideHosts = ['ext.test', 'api.ext.test', 'other.test'] as const;
export const virtualHosts = ['virtual.test', 'www.virtual.test'] as const;
/** Of hosts outside, declared or not. */
export const outsideAddresses = ['172.20.0.1', '172.20.0.2', '172.20.1.1'] as const;

export const callers = { namespace: 'default', labels: { app: 'caller', version: 'v1' } } as const;
export const sources = ['10.240.0.1', '10.240.1.1', '172.20.9.9'] as const;
