import { describe, expect, test } from 'vitest';
import { objectsOf } from '../../../test/mesh-fixture.ts';
import type { JsonObject } from '../../model/json.ts';
import { printOrigin } from '../../model/origin.ts';
import { Registry } from '../../registry/registry.ts';
import { objectKey } from '../../source/object-source.ts';
import { translateDialects } from '../translate.ts';
import { World } from '../world.ts';

const world = `
apiVersion: v1
kind: Service
metadata: {name: a, namespace: default}
spec: {ports: [{name: http, port: 80}, {name: admin, port: 8080}]}
---`;
const backend = (port: object = { number: 80 }, name = 'a') => ({ backend: { service: { name, port } } });
const ingress = (spec: object, { name = 'i', annotations = {} } = {}) => `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: ${JSON.stringify({ name, namespace: 'default', annotations })}
spec: ${JSON.stringify(spec)}
---`;
const ingressClass = (controller: string, annotations: object = {}) => `
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: ${JSON.stringify({ name: 'edge', annotations })}
spec: {controller: ${controller}}
---`;

function translated(...yamls: readonly string[]) {
  const objects = objectsOf([world, ...yamls].join('\n'));
  const byKey = new Map(objects.map((object) => [objectKey(object), object]));
  const { objects: made, problems } = translateDialects(new World('cluster.local', byKey));
  const registry = new Registry({ domainSuffix: 'cluster.local' });
  registry.apply({ upserts: objects, removals: [] });
  expect(registry.problems().filter(({ code }) => !code.startsWith('OR257'))).toEqual([]);
  const specsOf = (kind: string) =>
    made.filter((object) => object.kind === kind).map(({ object }) => object['spec'] as JsonObject);
  const told = problems.map(({ code, origin, message }) => `${code} ${printOrigin(origin)}: ${message}`);
  return { gateways: specsOf('Gateway'), routed: specsOf('VirtualService'), told };
}

const all = { ingressClassName: 'istio', defaultBackend: backend().backend };

describe('an Ingress', () => {
  test.each<[string, string, boolean]>([
    ['of the class istio', ingress(all), true],
    ['of the class outrigger', ingress({ ...all, ingressClassName: 'outrigger' }), true],
    ['of another class', ingress({ ...all, ingressClassName: 'nginx' }), false],
    ['without a class', ingress({ ...all, ingressClassName: undefined }), false],
    ['with the older annotation', ingress({}, { annotations: { 'kubernetes.io/ingress.class': 'istio' } }), true],
    ['with that of another', ingress(all, { annotations: { 'kubernetes.io/ingress.class': 'nginx' } }), false],
    [
      'whose class is of our controller',
      ingress({ ...all, ingressClassName: 'edge' }) + ingressClass('istio.io/ingress-controller'),
      true,
    ],
    ['whose class is of another', ingress({ ...all, ingressClassName: 'edge' }) + ingressClass('example.com/x'), false],
    [
      'without a class where ours is the default',
      ingress({ ...all, ingressClassName: undefined }) +
        ingressClass('outrigger.io/ingress-controller', { 'ingressclass.kubernetes.io/is-default-class': 'true' }),
      true,
    ],
  ])('%s', (_, yaml, ours) => {
    expect(translated(yaml).gateways).toHaveLength(ours ? 1 : 0);
  });

  test('has its paths tried by how narrow they are, together with other Ingresses', () => {
    const paths = [
      { path: '/', pathType: 'Prefix', ...backend() },
      { path: '/long/er', pathType: 'Prefix', ...backend({ name: 'admin' }) },
      { path: '/pre.*', pathType: 'ImplementationSpecific', ...backend() },
    ];
    const second = [{ path: '/one', pathType: 'Exact', ...backend() }];
    const { routed, told } = translated(
      ingress({ ingressClassName: 'istio', rules: [{ host: 'A.example', http: { paths } }] }),
      ingress({ ingressClassName: 'istio', rules: [{ host: 'a.example', http: { paths: second } }] }, { name: 'j' }),
    );
    expect(told).toEqual([]);
    const http = routed.flatMap((spec) => spec['http'] as JsonObject[]);
    expect(routed).toHaveLength(1);
    expect(routed[0]).toMatchObject({ hosts: ['a.example'], gateways: ['istio-system/http.ingress'] });
    expect(http.map(({ match }) => match)).toEqual([
      [{ uri: { exact: '/one' } }],
      [{ uri: { exact: '/long/er' } }],
      [{ uri: { prefix: '/long/er/' } }],
      [{ uri: { prefix: '/pre' } }],
      undefined,
    ]);
    expect(http[1]?.['route']).toEqual([
      { destination: { host: 'a.default.svc.cluster.local', port: { number: 8080 } } },
    ]);
  });

  test('with TLS listens for its hosts with its Secret', () => {
    const rules = [{ host: 'a.example', http: { paths: [{ pathType: 'Prefix', path: '/', ...backend() }] } }];
    const { gateways, routed } = translated(
      ingress({ ingressClassName: 'istio', rules, tls: [{ hosts: ['a.example'], secretName: 'cert' }] }),
    );
    expect(gateways[1]).toMatchObject({
      servers: [{ hosts: ['*/a.example'], tls: { mode: 'SIMPLE', credentialName: 'cert' } }],
    });
    expect(routed[0]?.['gateways']).toEqual(['istio-system/http.ingress', 'default/i.ingress']);
  });

  test('that is wrong is told', () => {
    const paths = [
      { path: '/a', pathType: 'Exact', ...backend({ number: 9 }) },
      { path: '/b', pathType: 'Exact', backend: { resource: { kind: 'Bucket', name: 'x' } } },
    ];
    const { told } = translated(ingress({ ingressClassName: 'istio', rules: [{ http: { paths } }], tls: [{}] }));
    expect(told.map((line) => line.split(' ').slice(0, 4).join(' ').replace(/ \(.*/, ''))).toEqual([
      'OR2573 Ingress default/i spec.tls[0].secretName',
      'OR2574 Ingress default/i spec.rules[0].http.paths[0].backend',
      'OR2570 Ingress default/i spec.rules[0].http.paths[1].backend',
    ]);
  });
});
