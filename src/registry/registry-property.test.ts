import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonObject } from '../model/json.ts';
import { objectKey, type SourceObject } from '../source/object-source.ts';
import { Registry } from './registry.ts';

const names = fc.constantFrom('a', 'b', 'c');
const spaces = fc.constantFrom('x', 'y');
const labels = fc.constantFrom({}, { app: 'a' }, { app: 'a', tier: 't' }, { app: 'b' });
const address = fc.integer({ min: 1, max: 4 }).map((last) => `10.0.0.${last}`);
const age = fc.constantFrom('', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z');

function source(kind: string, apiVersion: string, parts: fc.Arbitrary<object>): fc.Arbitrary<SourceObject> {
  return fc.record({ namespace: spaces, name: names, created: age, labels, parts }).map((given) => {
    const namespace = kind === 'Node' || kind === 'Namespace' ? '' : given.namespace;
    const place = { kind, namespace, name: given.name };
    const { metadata: more, ...rest }: JsonObject = JSON.parse(JSON.stringify(given.parts));
    const metadata = { name: given.name, creationTimestamp: given.created, labels: given.labels, ...Object(more) };
    return { apiVersion, ...place, object: { apiVersion, kind, metadata, ...rest }, origin: place };
  });
}

const ports = fc.constantFrom([{ name: 'http', port: 80, targetPort: 'http' }], [{ name: 'tcp', port: 9 }]);
const entryPorts = fc.constantFrom(
  [{ number: 80, name: 'http', protocol: 'HTTP' }],
  [{ number: 9, name: 'tcp', protocol: 'HTTP' }],
  [{ number: 80, name: 'tls', protocol: 'TLS' }],
);
const service = source(
  'Service',
  'v1',
  fc.record({ ports, selector: labels, clusterIP: fc.constantFrom('None', '1.1.1.1') }).map((spec) => ({ spec })),
);
const entry = source(
  'ServiceEntry',
  'networking.istio.io/v1',
  fc
    .record({
      hosts: fc.constantFrom(['a.com'], ['a.com', 'b.com'], ['a.x.svc.local']),
      ports: entryPorts,
      resolution: fc.constantFrom('STATIC', 'NONE', 'DNS'),
      selected: labels,
    })
    .map(({ selected, ...spec }) => ({
      spec: spec.resolution === 'STATIC' ? { ...spec, workloadSelector: { labels: selected } } : spec,
    })),
);
const machine = source(
  'WorkloadEntry',
  'networking.istio.io/v1',
  fc
    .record({ address: fc.oneof(address, fc.constant('a.b')), labels, weight: fc.integer({ min: 0, max: 2 }) })
    .map((spec) => ({ spec })),
);
const slice = source(
  'EndpointSlice',
  'discovery.k8s.io/v1',
  fc.record({ service: names, address, pod: names, node: names }).map((given) => ({
    metadata: { labels: { 'kubernetes.io/service-name': given.service } },
    ports: [{ name: 'http', port: 8080 }],
    endpoints: [{ addresses: [given.address], nodeName: given.node, targetRef: { kind: 'Pod', name: given.pod } }],
  })),
);
const pod = source(
  'Pod',
  'v1',
  fc.record({ address, node: names, ready: fc.constantFrom('True', 'False') }).map((given) => ({
    spec: { nodeName: given.node, containers: [{ name: 'c', ports: [{ name: 'http', containerPort: 8080 }] }] },
    status: { podIP: given.address, conditions: [{ type: 'Ready', status: given.ready }] },
  })),
);
const node = source(
  'Node',
  'v1',
  names.map((zone) => ({ metadata: { labels: { 'topology.kubernetes.io/zone': zone } } })),
);
const route = source(
  'VirtualService',
  'networking.istio.io/v1',
  names.map((host) => ({ spec: { hosts: [host], http: [{ route: [{ destination: { host } }] }] } })),
);
const namespace = source('Namespace', 'v1', fc.constant({}));
const any = fc.oneof(service, entry, machine, slice, pod, node, route, namespace);
const batch = fc.record({
  upserts: fc.uniqueArray(any, { selector: objectKey, maxLength: 4 }),
  /** Of what is there; positions. */
  removals: fc.array(fc.nat(), { maxLength: 2 }),
});

test('any sequence of changes ends where its final state begins, and equal objects change nothing', () => {
  const play = (batches: readonly (typeof batch extends fc.Arbitrary<infer B> ? B : never)[]) => {
    const registry = new Registry({ domainSuffix: 'local' });
    const present = new Map<string, SourceObject>();
    for (const { upserts, removals } of batches) {
      const given = new Set(upserts.map(objectKey));
      const keys = [...present.keys()].filter((key) => !given.has(key));
      const gone = [...new Set(removals.flatMap((at) => keys[at % Math.max(keys.length, 1)] ?? []))];
      for (const key of gone) present.delete(key);
      for (const object of upserts) present.set(objectKey(object), object);
      registry.apply({ upserts, removals: gone });
    }
    const { snapshot } = registry;
    const fresh = new Registry({ domainSuffix: 'local' });
    fresh.apply({ upserts: [...present.values()], removals: [] });
    expect({ ...snapshot, number: 0 }).toEqual({ ...fresh.snapshot, number: 0 });
    expect([...snapshot.endpoints.keys()]).toEqual([...fresh.snapshot.endpoints.keys()]);
    expect([...snapshot.workloads.keys()]).toEqual([...fresh.snapshot.workloads.keys()]);
    expect(registry.problems()).toEqual(fresh.problems());
    registry.apply({ upserts: structuredClone([...present.values()]), removals: [] });
    expect(registry.snapshot).toBe(snapshot);
  };
  fc.assert(fc.property(fc.array(batch, { maxLength: 25 }), play), { numRuns: 400 });
});

test('objects of any form do not throw, and leave all others in use', () => {
  const kind = fc.constantFrom('Service', 'ServiceEntry', 'EndpointSlice', 'Pod', 'Node', 'Namespace', 'Secret');
  const json = fc.jsonValue({ maxDepth: 3 });
  const keys = [
    ...['ports', 'selector', 'clusterIPs', 'hosts', 'endpoints', 'workloadSelector', 'containers', 'initContainers'],
    ...['podIPs', 'conditions', 'labels', 'annotations', 'ownerReferences', 'tls.crt', 'addresses', '__proto__'],
  ];
  const part = fc.oneof(
    json,
    fc.dictionary(fc.constantFrom(...keys), json),
    fc.array(fc.dictionary(fc.string(), json)),
  );
  const object = fc.dictionary(
    fc.constantFrom('metadata', 'spec', 'status', 'data', 'type', 'endpoints', 'ports', 'addressType'),
    fc.oneof(part, fc.dictionary(fc.constantFrom(...keys), part)),
  );
  const good = fc.sample(service, 1)[0];
  fc.assert(
    fc.property(kind, object, (name, content) => {
      const registry = new Registry({ domainSuffix: 'local' });
      const place = { kind: name, namespace: 'x', name: 'garbage' };
      const apiVersion = name === 'ServiceEntry' ? 'networking.istio.io/v1' : 'v1';
      const broken = {
        apiVersion,
        ...place,
        object: { apiVersion, kind: name, ...(content as JsonObject) },
        origin: place,
      };
      registry.apply({ upserts: good === undefined ? [broken] : [broken, good], removals: [] });
      expect(registry.snapshot.services.some((item) => item.name === good?.name)).toBe(true);
      expect(registry.problems()).toBeDefined();
    }),
    { numRuns: 2000 },
  );
});
