import { expect, test } from 'vitest';
import type { MeshSettings } from '../src/model/mesh-settings.ts';
import { decodeResource } from '../src/xds/encode/decode-resource.ts';
import { objectsOf, registryOf, sidecarConfigs, workloadOf } from './mesh-fixture.ts';

/** From manifests to whom a client calls: which network each is of, and who leads there. */
const pod = (name: string, network: string, ip: string) => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {app: ${name.split('-')[0]}, security.istio.io/tlsMode: istio${network === '' ? '' : `, topology.istio.io/network: ${network}`}}}
spec: {serviceAccountName: a, containers: [{name: app}, {name: istio-proxy}]}
status: {podIP: ${ip}}
---`;
const server = `
apiVersion: v1
kind: Service
metadata: {name: server}
spec: {clusterIP: 10.96.0.2, selector: {app: server}, ports: [{name: http, port: 80, targetPort: 8080}]}
---`;
const gateway = (network: string, outside: string, label = '') => `
apiVersion: v1
kind: Service
metadata: {name: gateway-${network}, labels: {topology.istio.io/network: ${network}${label}}}
spec: {clusterIP: 10.96.0.3, selector: {app: gw}, ports: [{name: tls, port: 15443}]}
status: {loadBalancer: {ingress: [${outside}]}}
---`;
const system = (network: string) => `
apiVersion: v1
kind: Namespace
metadata: {name: istio-system, labels: {topology.istio.io/network: ${network}}}
---`;

const cluster = 'outbound|80||server.default.svc.cluster.local';

/** `address:port weight` of all that the client calls for the cluster. */
function called(yamls: readonly string[], settings: Partial<MeshSettings> = {}): string[] {
  const { snapshot } = registryOf(...yamls);
  const workload = workloadOf(snapshot, 'default/client');
  const config = sidecarConfigs(settings).find({ snapshot, workload, delta: true, before: undefined });
  const found = config.named('endpoint', cluster);
  return found === undefined ? [] : endpointsOf(decodeResource(found));
}

interface Assignment {
  readonly endpoints?: readonly {
    readonly lb_endpoints: readonly {
      readonly endpoint: { readonly address: { readonly socket_address: { address: string; port_value: number } } };
      readonly load_balancing_weight: number;
    }[];
  }[];
}

function endpointsOf(message: unknown): string[] {
  const all = ((message ?? {}) as Assignment).endpoints?.flatMap(({ lb_endpoints }) => lb_endpoints) ?? [];
  return all.map(({ endpoint, load_balancing_weight }) => {
    const { address, port_value } = endpoint.address.socket_address;
    return `${address}:${port_value} ${load_balancing_weight}`;
  });
}

const two = [
  pod('client', 'n1', '10.1.0.1'),
  pod('server-1', 'n1', '10.1.0.2'),
  pod('server-2', 'n2', '10.2.0.2'),
  server,
];

const near = '10.1.0.2:8080 1';
const far = '10.2.0.2:8080 1';

test.each<[string, readonly string[], Partial<MeshSettings>, string[]]>([
  ['nobody leads to another network: by address', two, {}, [near, far]],
  ['a Service with the label', [...two, gateway('n2', '{ip: 192.0.2.2}')], {}, [near, '192.0.2.2:15443 1']],
  [
    'at its own port',
    [...two, gateway('n2', '{ip: 192.0.2.2}', ', networking.istio.io/gatewayPort: "443"')],
    {},
    [near, '192.0.2.2:443 1'],
  ],
  [
    'at each of its addresses',
    [...two, gateway('n2', '{ip: 192.0.2.2}, {ip: 192.0.2.3}')],
    {},
    ['10.1.0.2:8080 2', '192.0.2.2:15443 1', '192.0.2.3:15443 1'],
  ],
  ['a name is no address', [...two, gateway('n2', '{hostname: gw.example.com}')], {}, [near, far]],
  [
    'an address of the configuration of the mesh',
    two,
    { meshNetworks: { n2: { gateways: [{ address: '192.0.2.2', port: 443 }] } } },
    [near, '192.0.2.2:443 1'],
  ],
  [
    'a Service of the configuration of the mesh',
    [...two, gateway('none', '{ip: 192.0.2.9}')],
    { meshNetworks: { n2: { gateways: [{ registryServiceName: 'gateway-none.default.svc.cluster.local' }] } } },
    [near, '192.0.2.9:15443 1'],
  ],
])('%s', (_, yamls, settings, expected) => {
  expect(called(yamls, settings)).toEqual(expected);
});

const plain = [
  pod('client', '', '10.1.0.1'),
  pod('server-1', '', '10.1.0.2'),
  pod('server-2', 'n2', '10.2.0.2'),
  server,
  gateway('n2', '{ip: 192.0.2.2}'),
];
const byBlocks = {
  ...{ n1: { endpoints: [{ fromCidr: '10.1.0.0/16' }] } },
  n2: { endpoints: [{ fromCidr: '10.2.0.0/16' }], gateways: [{ address: '192.0.2.2', port: 15443 }] },
};

test('who says no network is of that of the mesh, then of that of its address, else near to all', () => {
  expect(called(plain)).toEqual([near, far]);
  expect(called([...plain, system('n1')])).toEqual([near, '192.0.2.2:15443 1']);
  expect(called([...plain, system('n2')])).toEqual([near, far]);
  expect(called(plain, { meshNetworks: byBlocks })).toEqual([near, '192.0.2.2:15443 1']);
  const registry = { meshNetworks: { n1: { endpoints: [{ fromRegistry: 'Kubernetes' }] } } };
  expect(called(plain, registry)).toEqual([near, '192.0.2.2:15443 1']);
  // What the namespace says counts before the configuration.
  expect(called([...plain, system('n2')], { meshNetworks: byBlocks })).toEqual([near, far]);
});

test('a rule without mutual TLS leaves out what only a gateway leads to', () => {
  const rule = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: r}
spec: {host: server, trafficPolicy: {tls: {mode: DISABLE}}}
---`;
  expect(called([...two, gateway('n2', '{ip: 192.0.2.2}'), rule])).toEqual([near]);
});

test('a WorkloadEntry may be known by its network alone', () => {
  const entry = `
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: machine}
spec: {network: n2, labels: {app: server}, serviceAccount: a, ports: {http: 8080}}
---`;
  const yamls = [pod('client', 'n1', '10.1.0.1'), server, entry];
  expect(called(yamls)).toEqual([]);
  expect(called([...yamls, gateway('n2', '{ip: 192.0.2.2}')])).toEqual(['192.0.2.2:15443 1']);
});

test('a gateway that comes or goes is a change of endpoints for clients of other networks alone', () => {
  const registry = registryOf(...two, pod('client2', 'n2', '10.2.0.9'));
  const configs = sidecarConfigs();
  const find = (id: string) => {
    const { snapshot } = registry;
    const workload = workloadOf(snapshot, id);
    const found = configs.find({ snapshot, workload, delta: true, before: undefined });
    return { endpoints: found.named('endpoint', cluster)?.version, clusters: found.wildcard('cluster') };
  };
  const before = [find('default/client'), find('default/client2')];
  registry.apply({ upserts: objectsOf(gateway('n2', '{ip: 192.0.2.2}')), removals: [] });
  const after = [find('default/client'), find('default/client2')];
  expect(after[0]?.endpoints).not.toBe(before[0]?.endpoints);
  expect(after[1]?.endpoints).toBe(before[1]?.endpoints);
  registry.apply({ upserts: [], removals: ['Service default/gateway-n2'] });
  expect(find('default/client').endpoints).toBe(before[0]?.endpoints);
});
