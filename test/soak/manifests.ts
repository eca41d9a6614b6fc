import { app, namespace } from '../mesh/world.ts';

type Texts = Readonly<Record<string, string>>;

const proxyVariables = (variables: Texts): Texts =>
  Object.keys(variables).length === 0 ? {} : { 'proxy.istio.io/config': JSON.stringify({ proxyMetadata: variables }) };

/** Server pods of both hosts in use. */
export function serversOf(variables: Texts, replicas: number): string {
  const options = { replicas, lingerSeconds: 3, annotations: proxyVariables(variables) };
  return ['used-a', 'used-b'].map((name) => app(name, options)).join('');
}

/** Clients of both deliveries, and a host to which each request goes by a connection of its own. The variables are for proxies. */
export function worldOf(variables: Texts): string {
  const annotations = proxyVariables(variables);
  return [
    namespace('default', 'meshed'),
    app('client', { annotations }),
    app('eager', { annotations: { ...annotations, 'proxy.outrigger.io/delivery': 'eager' } }),
    app('fresh', { annotations }),
    `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: fresh, namespace: default}
spec: {host: fresh, trafficPolicy: {connectionPool: {http: {maxRequestsPerConnection: 1}}}}
---`,
  ].join('');
}

/** What the soak does to the configuration. Each is read by proxies that serve requests meanwhile. */
const named = (kind: string, name: string, group = 'networking') => `
apiVersion: ${group}.istio.io/v1
kind: ${kind}
metadata: {name: ${name}, namespace: default}`;

/** Its requests are not tried again. */
export const redirect = (uri: string): string => `${named('VirtualService', 'moved')}
spec:
  hosts: [used-b]
  http:
    - {match: [{uri: {exact: /moved}}], redirect: {uri: ${uri}}}
    - {route: [{destination: {host: used-b}}], retries: {attempts: 0}}
---`;

export function crowd(endpoints: number): string {
  const list = Array.from({ length: endpoints }, (_, index) => `{address: 10.9.${index >> 8}.${index & 255}}`);
  return `${named('ServiceEntry', 'crowd')}
spec:
  hosts: [crowd.example.com]
  resolution: STATIC
  ports: [{number: 9080, name: http, protocol: HTTP}]
  endpoints: [${list.join(', ')}]
---`;
}

export const strict = `${named('PeerAuthentication', 'default', 'security')}
spec: {mtls: {mode: STRICT}}
---`;

/** Only they may call. */
export const lockdown = (accounts: readonly string[]): string => `${named('AuthorizationPolicy', 'only', 'security')}
spec: {rules: [{from: [{source: {principals: [${accounts.map((name) => `cluster.local/ns/default/sa/${name}`).join(', ')}]}}]}]}
---`;

export const broken: readonly string[] = [
  '{{{',
  'apiVersion: networking.istio.io/v1\nkind: VirtualService\n  metadata: {name: x',
  `${named('VirtualService', 'wrong')}\nspec: {hosts: [used-a], http: [{route: [{destination: {host: used-a}, weight: minus}]}]}`,
  `${named('DestinationRule', 'wrong')}\nspec: {host: 7, trafficPolicy: {loadBalancer: {simple: BEST}}}`,
  '\u0000\u0001\u0002',
];
