import { expect } from 'vitest';
import { translateDialects } from '../src/dialects/translate.ts';
import { World } from '../src/dialects/world.ts';
import type { JsonObject } from '../src/model/json.ts';
import { printOrigin } from '../src/model/origin.ts';
import { Registry } from '../src/registry/registry.ts';
import { objectKey } from '../src/source/object-source.ts';
import { objectsOf } from './mesh-fixture.ts';

export const service = (name: string, namespace = 'default') => `
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: ${namespace}}
spec: {clusterIP: 10.0.0.1, selector: {app: ${name}}, ports: [{name: http, port: 80}, {name: http-other, port: 81}]}
---`;
export const world = [service('a'), service('b'), service('far', 'shop'), service('gate', 'edge')].join('');

export function gateway(spec: object): string {
  return `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gw, namespace: default}
spec: ${JSON.stringify({ gatewayClassName: 'outrigger', ...spec })}
---`;
}
export const plain = { name: 'http', port: 80, protocol: 'HTTP' };

export function route(
  spec: object,
  { name = 'r', kind = 'HTTPRoute', namespace = 'default', made = '2026-01-01T00:00:00Z' } = {},
): string {
  return `
apiVersion: gateway.networking.k8s.io/v1
kind: ${kind}
metadata: {name: ${name}, namespace: ${namespace}, creationTimestamp: "${made}"}
spec: ${JSON.stringify({ parentRefs: [{ name: 'gw' }], ...spec })}
---`;
}
export const to = (name: string, others: object = {}) => ({ backendRefs: [{ name, port: 80, ...others }] });
export const onService = { parentRefs: [{ group: '', kind: 'Service', name: 'a' }] };

export function translated(...yamls: readonly string[]) {
  const objects = objectsOf([world, ...yamls].join('\n'));
  const {
    objects: made,
    problems,
    statuses,
  } = translateDialects(new World('cluster.local', new Map(objects.map((object) => [objectKey(object), object]))));
  const registry = new Registry({ domainSuffix: 'cluster.local' });
  registry.apply({ upserts: objects, removals: [] });
  // What is made is right by Istio's schema, whatever came in.
  expect(registry.problems().filter(({ code }) => !code.startsWith('OR257'))).toEqual([]);
  const specsOf = (kind: string) =>
    made.filter((object) => object.kind === kind).map(({ object }) => object['spec'] as JsonObject);
  const routed = specsOf('VirtualService');
  return {
    gateways: specsOf('Gateway'),
    routed,
    http: routed.flatMap((spec) => (spec['http'] ?? []) as JsonObject[]),
    told: problems.map(({ code, origin, message }) => `${code} ${printOrigin(origin)}: ${message}`),
    status: Object.fromEntries(statuses.map(({ source, status }) => [`${source.kind}/${source.name}`, status])),
    registry,
  };
}

export const hostA = 'a.default.svc.cluster.local';
