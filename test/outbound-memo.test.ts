import { describe, expect, test } from 'vitest';
import type { Registry } from '../src/registry/registry.ts';
import { app } from './gateway-fixture.ts';
import { objectsOf, registryOf, sidecarConfigs, workloadOf } from './mesh-fixture.ts';

/** What is kept of a service depends on other resources: one that comes later must reach it. */
const alias = (name: string, target: string) => `
apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: {type: ExternalName, externalName: ${target}.default.svc.cluster.local, ports: [{name: http, port: 80}]}
---
`;
const web = (host: string) => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web}
spec: {hosts: [web], http: [{route: [{destination: {host: ${host}, port: {number: 80}}}]}]}
---
`;
const entry = (name: string, host: string) => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: ${name}}
spec: {hosts: ["${host}"], ports: [{number: 80, name: http, protocol: HTTP}], resolution: NONE}
---
`;
const hashed = (host: string) => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: hashed}
spec: {host: ${host}, trafficPolicy: {loadBalancer: {consistentHash: {httpHeaderName: x-user}}}}
---
`;
const base = `${app('a', '10.0.0.1')}${app('web', '10.0.0.2')}`;

/** Where requests for a service go, as its sidecars are told after each change. */
function watch(registry: Registry) {
  const configs = sidecarConfigs();
  const routeOf = (name: string) => {
    const { snapshot } = registry;
    const workload = workloadOf(snapshot, 'default/a-1');
    const { view } = configs.find({ snapshot, workload, delta: true, before: undefined }).parts;
    const clusters = new Set(view.ports.flatMap((port) => port.clusters.map((cluster) => cluster.name)));
    const action = view.ports.find(({ service }) => service.name === name)?.virtualHost?.routes[0]?.action;
    if (action?.kind !== 'forward') return undefined;
    const cluster = action.destinations[0]?.cluster ?? '';
    return { cluster, exists: clusters.has(cluster), hashes: action.hash.length };
  };
  return { routeOf, apply: (yaml: string) => registry.apply({ upserts: objectsOf(yaml), removals: [] }) };
}

const to = (host: string, hashes = 0) => ({ cluster: `outbound|80||${host}`, exists: true, hashes });

describe('a route by a VirtualService', () => {
  test('follows an ExternalName to a Service that comes later', () => {
    const { routeOf, apply } = watch(registryOf(base, alias('alias', 'late'), web('alias')));
    expect(routeOf('web')).toEqual(to('alias.default.svc.cluster.local'));
    apply(app('late', '10.0.0.3'));
    expect(routeOf('web')).toEqual(to('late.default.svc.cluster.local'));
  });

  test('hashes as a rule for the target of an ExternalName says', () => {
    const { routeOf, apply } = watch(registryOf(base, app('late', '10.0.0.3'), alias('alias', 'late'), web('alias')));
    expect(routeOf('web')).toEqual(to('late.default.svc.cluster.local'));
    apply(hashed('late'));
    expect(routeOf('web')).toEqual(to('late.default.svc.cluster.local', 1));
  });

  test('goes to a wildcard host that comes later, the narrowest one', () => {
    const { routeOf, apply } = watch(registryOf(base, web('api.example.com')));
    expect(routeOf('web')?.exists).not.toBe(true);
    apply(entry('wide', '*.com'));
    expect(routeOf('web')).toEqual(to('*.com'));
    apply(entry('narrow', '*.example.com'));
    expect(routeOf('web')).toEqual(to('*.example.com'));
  });
});

describe('an ExternalName', () => {
  test('hashes as a rule for its target says', () => {
    const { routeOf, apply } = watch(registryOf(base, app('late', '10.0.0.3'), alias('alias', 'late')));
    expect(routeOf('alias')).toEqual(to('late.default.svc.cluster.local'));
    apply(hashed('late'));
    expect(routeOf('alias')).toEqual(to('late.default.svc.cluster.local', 1));
  });

  test('of an ExternalName is a name for where the last one leads', () => {
    const { routeOf, apply } = watch(registryOf(base, alias('chain', 'ext'), alias('ext', 'back')));
    expect(routeOf('chain')).toEqual(to('ext.default.svc.cluster.local'));
    apply(app('back', '10.0.0.4'));
    for (const name of ['chain', 'ext']) expect(routeOf(name)).toEqual(to('back.default.svc.cluster.local'));
  });

  test('that leads back to itself is a host of its own', () => {
    const { routeOf } = watch(registryOf(base, alias('one', 'two'), alias('two', 'one'), alias('in', 'one')));
    for (const name of ['one', 'two', 'in']) expect(routeOf(name)).toEqual(to(`${name}.default.svc.cluster.local`));
  });
});
