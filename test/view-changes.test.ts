import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Indexes } from '../src/ir/build/indexes.ts';
import { OutboundViews } from '../src/ir/build/outbound-views.ts';
import { defaultMeshSettings } from '../src/model/mesh-settings.ts';
import { objectsOf, registryOf } from './mesh-fixture.ts';

/** A view is changed where a rule has changed. It has to be what it would be if it were made anew. */
const services = ['a', 'b', 'c'].map(
  (name) => `
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: default}
spec: {clusterIP: 10.96.0.${name.charCodeAt(0)}, selector: {app: ${name}}, ports: [{name: http, port: 80}, {name: tcp, port: 9000}]}
---`,
);
const wild = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: wild, namespace: default}
spec: {hosts: ["*.wild.example", one.example], ports: [{number: 80, name: http, protocol: HTTP}], resolution: NONE}
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: narrow, namespace: shop}
spec: {egress: [{hosts: ["default/a.default.svc.cluster.local"]}]}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: a, namespace: default}
spec: {host: a, subsets: [{name: v1, labels: {version: v1}}]}
---`;

const hosts = [
  'a',
  'b.default.svc.cluster.local',
  'c',
  'one.example',
  'x.wild.example',
  '*.wild.example',
  '*',
  'nobody.example',
];
const rule = fc.record({
  name: fc.constantFrom('v1', 'v2', 'v3'),
  hosts: fc.subarray(hosts, { minLength: 1, maxLength: 3 }),
  to: fc.constantFrom('a', 'b', 'c', 'nobody.example'),
  subset: fc.boolean(),
  prefix: fc.constantFrom('/', '/x', '/y'),
  tcp: fc.boolean(),
  source: fc.constantFrom('', ', sourceLabels: {app: web}', ', sourceNamespace: shop'),
  exportTo: fc.constantFrom('', 'exportTo: ["."], '),
  gateways: fc.constantFrom('', 'gateways: [mesh], ', 'gateways: [other], '),
  gone: fc.nat(9).map((n) => n === 0),
  /** Most changes are of what a rule says, not of whom it is for. */
  elsewhere: fc.nat(4).map((n) => n === 0),
});

const yamlOf = ({
  name,
  hosts: list,
  to,
  subset,
  prefix,
  tcp,
  source,
  exportTo,
  gateways,
}: ReturnType<typeof rule.generate>['value']) => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${name}, namespace: default, creationTimestamp: "2026-01-01T00:00:0${name.slice(1)}Z"}
spec: {${exportTo}${gateways}hosts: ${JSON.stringify(list)}, ${
  tcp
    ? `tcp: [{route: [{destination: {host: ${to}}}]}]`
    : `http: [{match: [{uri: {prefix: ${prefix}}${source}}], route: [{destination: {host: ${to}${subset ? ', subset: v1' : ''}}}]}]`
}}
---`;

const clients = [
  ['default', { app: 'web' }],
  ['default', { app: 'other' }],
  ['shop', { app: 'web' }],
  ['elsewhere', {}],
] as const;

test('a view that follows changes of rules is the view that is made anew', () => {
  let followed = 0;
  fc.assert(
    fc.property(fc.array(rule, { minLength: 4, maxLength: 16 }), (changes) => {
      const registry = registryOf(...services, wild);
      const views = new OutboundViews(defaultMeshSettings, new Indexes(defaultMeshSettings));
      const last = new Map<string, (typeof changes)[number]>();
      for (const drawn of changes) {
        const before = last.get(drawn.name);
        const change =
          before === undefined || drawn.elsewhere
            ? drawn
            : { ...before, prefix: drawn.prefix, subset: drawn.subset, source: drawn.source, gone: drawn.gone };
        last.set(drawn.name, change);
        const upserts = objectsOf(yamlOf(change));
        registry.apply(
          change.gone
            ? { upserts: [], removals: [`VirtualService default/${change.name}`] }
            : { upserts, removals: [] },
        );
        const fresh = new OutboundViews(defaultMeshSettings, new Indexes(defaultMeshSettings));
        for (const [namespace, labels] of clients) {
          const next = views.view(registry.snapshot, namespace, labels);
          expect(next).toEqual(fresh.view(registry.snapshot, namespace, labels));
          expect(views.view(registry.snapshot, namespace, labels)).toBe(next);
          followed++;
        }
      }
    }),
    { numRuns: 150 },
  );
  expect(followed).toBeGreaterThan(500);
});

test('a rule that changes touches nothing but the services that it is for', () => {
  const registry = registryOf(...services);
  const views = new OutboundViews(defaultMeshSettings, new Indexes(defaultMeshSettings));
  const apply = (prefix: string) =>
    registry.apply({
      upserts: objectsOf(`
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: v1, namespace: default}
spec: {hosts: [a], http: [{match: [{uri: {prefix: ${prefix}}}], route: [{destination: {host: b}}]}]}
`),
      removals: [],
    });
  apply('/x');
  const before = views.view(registry.snapshot, 'default', {});
  apply('/y');
  const after = views.view(registry.snapshot, 'default', {});
  const changed = after.ports.filter((port, index) => port !== before.ports[index]);
  expect(changed.map(({ service, port }) => `${service.name} ${port}`)).toEqual(['a 80', 'a 9000']);
});
