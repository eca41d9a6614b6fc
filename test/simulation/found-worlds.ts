import { parseAllDocuments } from 'yaml';
import { type Placed, podIps } from './world/make-calls.ts';
import { type Certificates, makeWorld } from './world/make-world.ts';
import type { KubernetesObject, World } from './world/world.ts';

/** What the comparisons have found, as the smallest mesh that shows it. */
export interface Found {
  readonly what: string;
  readonly yaml: string;
  readonly calls: readonly {
    readonly call: Omit<Placed['call'], 'source'>;
    /** Of the servers that may get it; none: it is not served. */
    readonly places: readonly string[];
  }[];
}

export function worldOf(yaml: string, certificates: Certificates): World {
  const always = makeWorld(1, certificates).filter(({ kind }) => ['Namespace', 'Pod', 'Secret'].includes(kind));
  return [...always, ...parseAllDocuments(yaml).map((document) => document.toJS() as KubernetesObject)];
}

export const placedAt = (through: 'eager' | 'lazy', call: Found['calls'][number]['call']): Placed => ({
  through,
  entry: 'outbound',
  call: { source: podIps[through], ...call },
});

const serviceA = `
apiVersion: v1
kind: Service
metadata: {name: a, namespace: default}
spec: {clusterIP: 10.96.0.11, selector: {app: a}, ports: [{name: tls, port: 443}]}
---`;

const rulesByName = (...versions: readonly string[]) => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: a, namespace: default}
spec: {host: a, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: a, namespace: default}
spec:
  hosts: [a, a.test]
  tls:
${versions.map((version) => `  - {match: [{sniHosts: [a.test]}], route: [{destination: {host: a, subset: ${version}}}]}`).join('\n')}
`;

const hello = (sni: string) => ({
  destination: { address: '10.96.0.11', port: 443 },
  tls: { sni, alpn: [] },
  request: 'bytes' as const,
});

export const foundWorlds: readonly Found[] = [
  {
    what: 'rules by server name hold for a service that has an address, too; what they do not name is its own',
    yaml: `${serviceA}${rulesByName('v2')}`,
    calls: [
      { call: hello('a.test'), places: ['10.20.0.2:443'] },
      { call: hello('b.test'), places: ['10.20.0.1:443', '10.20.0.2:443'] },
    ],
  },
  {
    what: 'of two rules for one server name the first holds',
    yaml: `${serviceA}${rulesByName('v1', 'v2')}`,
    calls: [{ call: hello('a.test'), places: ['10.20.0.1:443'] }],
  },
  {
    what: 'an address of a ServiceEntry may be the block of services of HTTP on its port',
    yaml: `
apiVersion: v1
kind: Service
metadata: {name: b, namespace: default}
spec: {clusterIP: 10.96.0.12, selector: {app: b}, ports: [{name: http, port: 7000, targetPort: 7000}]}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: block, namespace: default}
spec: {hosts: [any.test], ports: [{number: 7000, name: tcp, protocol: TCP}], resolution: NONE, addresses: [172.20.1.0/24]}
`,
    calls: [
      { call: { destination: { address: '172.20.1.1', port: 7000 }, request: 'bytes' }, places: ['172.20.1.1:7000'] },
    ],
  },
];
