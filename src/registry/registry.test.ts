import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { JsonObject } from '../model/json.ts';
import type { SourceObject } from '../source/object-source.ts';
import { Registry } from './registry.ts';
import { printRegistryProblem } from './registry-problem.ts';
import type { Snapshot } from './snapshot.ts';

function objects(text: string): SourceObject[] {
  const all = parseAllDocuments(text).map((document): JsonObject | null => document.toJS());
  return all.flatMap((object) => {
    if (object === null) return [];
    const { name, namespace = 'default' } = object.metadata as Record<string, string>;
    const kind = String(object.kind);
    const place = { kind, namespace: ['Node', 'Namespace'].includes(kind) ? '' : namespace, name: name ?? '' };
    return [{ apiVersion: String(object.apiVersion), ...place, object, origin: place }];
  });
}

function build(text = '') {
  const registry = new Registry({ domainSuffix: 'cluster.local' });
  const told: Snapshot[] = [];
  registry.onSnapshot((snapshot) => told.push(snapshot));
  const put = (more: string) => registry.apply({ upserts: objects(more), removals: [] });
  const remove = (...removals: string[]) => registry.apply({ upserts: [], removals });
  if (text !== '') put(text);
  return { registry, told, put, remove, problems: () => registry.problems().map(printRegistryProblem) };
}

const service = (name: string, spec: string, metadata = '') =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}${metadata}}\nspec: {${spec}}\n---\n`;
const entry = (name: string, spec: string, metadata = '') =>
  `apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: ${name}${metadata}}\nspec: {${spec}}\n---\n`;
const pod = (name: string, ip: string, more: { labels?: string; spec?: string; status?: string } = {}) =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, labels: {app: web${more.labels ?? ''}}}\n` +
  `spec: {nodeName: n1, containers: [{name: app, ports: [{name: http, containerPort: 8080}]}]${more.spec ?? ''}}\n` +
  `status: {podIP: ${ip}${more.status ?? ''}}\n---\n`;
const node = `apiVersion: v1
kind: Node
metadata: {name: n1, labels: {topology.kubernetes.io/region: r, topology.kubernetes.io/zone: z}}
---
`;
const slice = (name: string, endpoints: string, more = '') =>
  `apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n` +
  `metadata: {name: ${name}, labels: {kubernetes.io/service-name: web}${more}}\naddressType: IPv4\n` +
  `ports: [{name: http, port: 8080, protocol: TCP}]\nendpoints: ${endpoints}\n---\n`;
const web = service(
  'web',
  'clusterIP: 10.0.0.1, selector: {app: web}, ports: [{name: http, port: 80, targetPort: http}]',
);
const webId = 'default/web.default.svc.cluster.local';
const addresses = (registry: Registry, id = webId) =>
  registry.snapshot.endpoints.get(id)?.map((item) => `${item.address}:${item.port} ${item.servicePort} ${item.health}`);

describe('services of Kubernetes', () => {
  test.each([
    ['clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1, "fd00::1"]', { addresses: ['10.0.0.1', 'fd00::1'] }],
    ['clusterIP: None', { addresses: [], resolution: 'headless' }],
    ['type: ExternalName, externalName: api.example.com.', { aliasOf: 'api.example.com', resolution: 'dns' }],
    ['internalTrafficPolicy: Local, publishNotReadyAddresses: true', { nodeLocal: true, publishNotReady: true }],
    ['ports: [{name: grpc, port: 1}]', { ports: [{ number: 1, name: 'grpc', protocol: 'grpc', targetPort: 1 }] }],
    ['ports: [{port: 53, protocol: UDP}]', { ports: [{ number: 53, name: '', protocol: 'udp', targetPort: 53 }] }],
    [
      'ports: [{port: 1, appProtocol: kubernetes.io/h2c, targetPort: x}]',
      { ports: [{ protocol: 'http2', targetPort: 'x' }] },
    ],
  ])('%s', (spec, expected) => {
    const { registry } = build(service('web', spec));
    expect(registry.snapshot.services).toMatchObject([{ id: webId, registry: 'kubernetes', ...expected }]);
  });

  test('exportTo and age come from the metadata', () => {
    const older = ', creationTimestamp: "2026-01-01T00:00:00Z"';
    const exported =
      ', creationTimestamp: "2026-01-02T00:00:00Z", annotations: {networking.istio.io/exportTo: "., shop"}';
    const { registry } = build(service('a', '', exported) + service('b', '', older) + service('c', ''));
    expect(registry.snapshot.services.map(({ name, exportTo }) => [name, exportTo])).toEqual([
      ['c', []],
      ['b', []],
      ['a', ['.', 'shop']],
    ]);
  });

  test('one that cannot be used leaves its last good version', () => {
    const { registry, put, problems } = build(service('web', 'ports: [{port: 80}]'));
    put(service('web', 'ports: [{port: x}]'));
    expect(registry.snapshot.services[0]?.ports[0]?.number).toBe(80);
    expect(problems()).toEqual(['OR2106 Service default/web spec.ports[0].port: it must be a number from 1 to 65535']);
  });
});

describe('ServiceEntries', () => {
  const ports = 'ports: [{number: 443, name: tls, protocol: TLS}]';

  test('are a service for each host', () => {
    const { registry } = build(entry('e', `hosts: [b.com, a.com], ${ports}, resolution: DNS`));
    expect(registry.snapshot.services.map(({ id, resolution, external }) => [id, resolution, external])).toEqual([
      ['default/a.com', 'dns', true],
      ['default/b.com', 'dns', true],
    ]);
    expect(addresses(registry, 'default/a.com')).toEqual(['a.com:443 tls ready']);
  });

  test.each([
    ['NONE', 'original', undefined],
    [
      'STATIC, endpoints: [{address: 1.1.1.1, ports: {tls: 8443}}, {address: 1.1.1.0, weight: 5}]',
      'endpoints',
      ['1.1.1.0:443 tls ready', '1.1.1.1:8443 tls ready'],
    ],
    ['DNS_ROUND_ROBIN, endpoints: [{address: x.y}]', 'dns-round-robin', ['x.y:443 tls ready']],
  ])('with resolution %s', (resolution, expected, endpoints) => {
    const { registry } = build(entry('e', `hosts: [a.com], ${ports}, resolution: ${resolution}`));
    expect(registry.snapshot.services[0]?.resolution).toBe(expected);
    expect(addresses(registry, 'default/a.com')).toEqual(endpoints);
  });

  test('with a selector take the pods of their namespace', () => {
    const spec = `hosts: [a.com], ${ports}, resolution: STATIC, location: MESH_INTERNAL, workloadSelector: {labels: {app: web}}`;
    const { registry, put } = build(entry('e', spec) + pod('one', '10.1.0.1'));
    put(pod('two', '10.1.0.2'));
    expect(addresses(registry, 'default/a.com')).toEqual(['10.1.0.1:443 tls ready', '10.1.0.2:443 tls ready']);
  });

  test('with a selector take WorkloadEntries, too: ports by name, labels of both kinds, identity, place, weight', () => {
    const spec = `hosts: [a.com], ${ports}, resolution: STATIC, workloadSelector: {labels: {app: web}}`;
    const machine = (name: string, more: string, metadata = '') =>
      `apiVersion: networking.istio.io/v1\nkind: WorkloadEntry\nmetadata: {name: ${name}${metadata}}\nspec: {${more}}\n---\n`;
    const full = 'labels: {app: other, version: v1}, ports: {tls: 8443}, serviceAccount: sa, locality: r/z, weight: 3';
    const { registry, put, remove } = build(
      entry('e', spec) + machine('m', `address: 10.2.0.1, ${full}`, ', labels: {app: web}') + pod('one', '10.1.0.1'),
    );
    expect(addresses(registry, 'default/a.com')).toEqual(['10.1.0.1:443 tls ready', '10.2.0.1:8443 tls ready']);
    expect(registry.snapshot.endpoints.get('default/a.com')?.[1]).toMatchObject({
      ...{ labels: { app: 'web', version: 'v1' }, serviceAccount: 'sa', meshed: true, weight: 3, workloadName: 'm' },
      locality: { region: 'r', zone: 'z', subzone: '' },
    });
    // Another namespace, other labels, and a name where addresses are wanted.
    put(machine('far', 'address: 10.2.0.2, labels: {app: web}', ', namespace: far'));
    put(machine('other', 'address: 10.2.0.3, labels: {app: other}'));
    put(machine('named', 'address: vm.example.com, labels: {app: web}'));
    expect(addresses(registry, 'default/a.com')).toHaveLength(2);
    put(machine('m', 'address: 10.2.0.9', ', labels: {app: web}'));
    expect(addresses(registry, 'default/a.com')).toEqual(['10.1.0.1:443 tls ready', '10.2.0.9:443 tls ready']);
    remove('WorkloadEntry default/m');
    expect(addresses(registry, 'default/a.com')).toEqual(['10.1.0.1:443 tls ready']);
  });

  test('WorkloadEntries stand behind Services, by the names that pods have for ports', () => {
    const machine = (more: string) =>
      `apiVersion: networking.istio.io/v1\nkind: WorkloadEntry\nmetadata: {name: m}\nspec: {address: 10.2.0.1, labels: {app: web}${more}}\n---\n`;
    const { registry, put } = build(web + node + machine(', ports: {http: 8081}'));
    expect(addresses(registry)).toEqual(['10.2.0.1:8081 http ready']);
    put(slice('s', '[{addresses: [10.1.0.1]}]'));
    expect(addresses(registry)).toEqual(['10.1.0.1:8080 http ready', '10.2.0.1:8081 http ready']);
    // Nobody knows which port is meant.
    put(machine(''));
    expect(addresses(registry)).toEqual(['10.1.0.1:8080 http ready']);
  });

  test('of one host merge their ports; those that differ in kind are left out', () => {
    const first = entry('a', `hosts: [a.com], ${ports}, resolution: DNS`);
    const second = entry(
      'b',
      'hosts: [a.com], ports: [{number: 80, name: http, protocol: HTTP}, {number: 443, name: x}], resolution: DNS',
    );
    const third = entry('c', `hosts: [a.com], ${ports}`);
    const { registry, problems } = build(third + second + first);
    expect(registry.snapshot.services.map((item) => item.ports.map((port) => port.name))).toEqual([['tls', 'http']]);
    expect(addresses(registry, 'default/a.com')).toEqual(['a.com:80 http ready', 'a.com:443 tls ready']);
    expect(problems()).toEqual([
      expect.stringMatching(/^OR2102 ServiceEntry default\/b spec.ports\[1\]: /),
      expect.stringMatching(/^OR2103 ServiceEntry default\/c spec.resolution: /),
    ]);
  });

  test('give way to a Service of the same host and namespace', () => {
    const same = entry('e', `hosts: [web.default.svc.cluster.local, a.com], ${ports}`);
    const { registry, problems, remove } = build(web + same);
    expect(registry.snapshot.services.map((item) => item.registry)).toEqual(['service-entry', 'kubernetes']);
    expect(problems()).toEqual([expect.stringMatching(/^OR2101 ServiceEntry default\/e spec.hosts\[0\]: /)]);
    remove('Service default/web');
    expect(registry.snapshot.services.map((item) => item.registry)).toEqual(['service-entry', 'service-entry']);
    expect(problems()).toEqual([]);
  });
});

describe('endpoints', () => {
  test('of all slices of a service, each place once, with what is known of pod and node', () => {
    const one = '{addresses: [10.1.0.1], nodeName: n1, targetRef: {kind: Pod, name: one}}';
    const leaving = '{addresses: [10.1.0.2], zone: y, conditions: {ready: false, terminating: true}}';
    const pods = pod('one', '10.1.0.1', {
      labels: ', security.istio.io/tlsMode: istio',
      spec: ', serviceAccountName: sa',
    });
    const slices =
      slice('b', `[${one}, ${leaving}]`) + slice('a', `[{addresses: [10.1.0.1], conditions: {ready: false}}]`);
    const { registry } = build(node + web + pods + slices);
    expect(addresses(registry)).toEqual(['10.1.0.1:8080 http ready', '10.1.0.2:8080 http terminating']);
    expect(registry.snapshot.endpoints.get(webId)).toMatchObject([
      {
        ...{ workload: 'default/one', serviceAccount: 'sa', meshed: true, canonicalService: 'web', nodeName: 'n1' },
        locality: { region: 'r', zone: 'z', subzone: '' },
        labels: { app: 'web' },
        origin: { kind: 'EndpointSlice', name: 'b' },
      },
      { workload: '', locality: { region: '', zone: 'y', subzone: '' }, meshed: false },
    ]);
  });

  test('of a folder without slices come from the selector, by the names of container ports', () => {
    const unready = ', conditions: [{type: Ready, status: "False"}]';
    const { registry, put, remove } = build(web + pod('one', '10.1.0.1') + pod('two', '10.1.0.2', { status: unready }));
    expect(addresses(registry)).toEqual(['10.1.0.1:8080 http ready', '10.1.0.2:8080 http not-ready']);
    put(slice('a', '[{addresses: [10.9.9.9]}]'));
    expect(addresses(registry)).toEqual(['10.9.9.9:8080 http ready']);
    remove('EndpointSlice default/a', 'Pod default/one');
    expect(addresses(registry)).toEqual(['10.1.0.2:8080 http not-ready']);
  });

  test('of an ExternalName are the name that it stands for', () => {
    const { registry } = build(
      service('web', 'type: ExternalName, externalName: x.y, ports: [{name: http, port: 80}]'),
    );
    expect(addresses(registry)).toEqual(['x.y:80 http ready']);
  });
});

describe('what changes nothing', () => {
  const all =
    node + web + pod('one', '10.1.0.1') + slice('a', '[{addresses: [10.1.0.1], targetRef: {kind: Pod, name: one}}]');

  test('makes no snapshot', () => {
    const { registry, told, put } = build(all);
    expect(told).toHaveLength(1);
    put(all);
    put(pod('one', '10.1.0.1', { status: ', conditions: [{type: Ready, status: "True", lastProbeTime: now}]' }));
    put(slice('a', '[{addresses: [10.1.0.1], targetRef: {kind: Pod, name: one, uid: u}}]', ', resourceVersion: "7"'));
    put(web.replace('name: web', 'name: web, resourceVersion: "9"'));
    registry.apply({ upserts: [], removals: ['Pod default/none', 'ConfigMap default/none'] });
    expect(told).toHaveLength(1);
    expect(registry.snapshot.number).toBe(1);
  });

  test('keeps its identity beside what changes', () => {
    const { registry, put } = build(all + service('other', 'ports: [{port: 80}]'));
    const before = registry.snapshot;
    const [first] = before.endpoints.get(webId) ?? [];
    put(slice('a', '[{addresses: [10.1.0.2]}, {addresses: [10.1.0.1], targetRef: {kind: Pod, name: one}}]'));
    const after = registry.snapshot;
    expect(after.endpoints.get(webId)).toHaveLength(2);
    expect(after.endpoints.get(webId)?.[0]).toBe(first);
    expect(after.services).toBe(before.services);
    expect(after.workloads).toBe(before.workloads);
    expect(after.number).toBe(before.number + 1);
  });
});

describe('workloads', () => {
  const workload = (metadata: string, spec = 'containers: [{name: app}]', status = 'podIP: 10.1.0.1') =>
    build(
      `apiVersion: v1\nkind: Pod\nmetadata: {name: p, ${metadata}}\nspec: {${spec}}\nstatus: {${status}}\n`,
    ).registry.snapshot.workloads.get('default/p');
  const owner = (kind: string, name: string) => `ownerReferences: [{kind: ${kind}, name: ${name}, controller: true}]`;
  const proxy = 'containers: [{name: istio-proxy}]';

  test.each([
    [`labels: {pod-template-hash: abc}, ${owner('ReplicaSet', 'web-abc')}`, 'web'],
    [`labels: {rollouts-pod-template-hash: abc}, ${owner('ReplicaSet', 'web-abc')}`, 'web'],
    [owner('ReplicaSet', 'web-abc'), 'web-abc'],
    [owner('Job', 'nightly-29000000'), 'nightly'],
    [owner('StatefulSet', 'db'), 'db'],
    [owner('Node', 'n1'), 'p'],
    ['labels: {}', 'p'],
  ])('%s belongs to %s', (metadata, name) => {
    expect(workload(metadata)).toMatchObject({
      workloadName: name,
      canonicalService: name,
      canonicalRevision: 'latest',
    });
  });

  test.each([
    ['annotations: {inject.istio.io/templates: gateway}', proxy, { role: 'gateway', meshed: true, statusPort: 15020 }],
    ['labels: {istio: ingressgateway}', proxy, { role: 'gateway', meshed: true }],
    ['labels: {istio: ingressgateway}', `${proxy}, initContainers: [{name: istio-init}]`, { role: 'sidecar' }],
    [
      'labels: {a: b}',
      'containers: [{name: app}], initContainers: [{name: istio-proxy}]',
      { role: 'sidecar', meshed: true },
    ],
    ['annotations: {status.sidecar.istio.io/port: "0"}', proxy, { statusPort: 0 }],
    [
      'labels: {a: b}',
      'containers: [{name: istio-proxy, env: [{name: ISTIO_META_NETWORK, value: old}, {name: ISTIO_META_NETWORK, value: east}, {name: X, value: y}, {name: ISTIO_META_NODE_NAME, valueFrom: {}}]}]',
      { metadata: { NETWORK: 'east' } },
    ],
    ['labels: {istio-locality: a.b.c}', proxy, { locality: { region: 'a', zone: 'b', subzone: 'c' } }],
    [
      'labels: {app: x, version: v2}',
      '',
      { canonicalService: 'x', canonicalRevision: 'v2', meshed: false, statusPort: 0 },
    ],
  ])('%s, %s', (metadata, spec, expected) => {
    expect(workload(metadata, spec)).toMatchObject(expected);
  });

  test('a pod that finished is none', () => {
    expect(workload('labels: {}', proxy, 'phase: Succeeded, podIP: 10.1.0.1')).toBeUndefined();
  });
});

describe('resources of Istio', () => {
  const route = (spec: string, metadata = '') =>
    `apiVersion: networking.istio.io/v1beta1\nkind: VirtualService\nmetadata: {name: r${metadata}}\nspec: {${spec}}\n`;
  const good = 'hosts: [web], http: [{route: [{destination: {host: web}}]}]';

  test('an error keeps the last good version in use and is told once, a warning does no harm', () => {
    const told: string[] = [];
    const registry = new Registry({
      domainSuffix: 'c',
      onProblem: (problem) => told.push(printRegistryProblem(problem)),
    });
    const put = (text: string) => registry.apply({ upserts: objects(text), removals: [] });
    put(route('hosts: 5'));
    expect(registry.snapshot.virtualServices).toEqual([]);
    put(route(good));
    put(route('hosts: [web], http: 7'));
    put(route('hosts: [web], http: 7'));
    expect(registry.snapshot.virtualServices).toMatchObject([{ spec: { http: [{}] }, origin: { name: 'r' } }]);
    expect(registry.problems()).toMatchObject([{ severity: 'error', code: 'OR1641', origin: { field: 'spec.http' } }]);
    put(route(`${good}, colour: red`));
    expect(registry.problems()).toMatchObject([{ severity: 'warning', code: 'OR1643' }]);
    expect(told.map((line) => line.slice(0, 6))).toEqual(['OR1641', 'OR1641', 'OR1643']);
    registry.apply({ upserts: [], removals: ['VirtualService default/r'] });
    expect([registry.snapshot.virtualServices, registry.problems()]).toEqual([[], []]);
  });

  test('are in order of age', () => {
    const at = (name: string, day: number) =>
      route(good, `, creationTimestamp: "2026-01-0${day}T00:00:00Z"`).replace('name: r', `name: ${name}`);
    const { registry } = build([at('a', 3), at('b', 1), at('d', 2), at('c', 2)].join('---\n'));
    expect(registry.snapshot.virtualServices.map(({ name }) => name)).toEqual(['b', 'c', 'd', 'a']);
  });
});
