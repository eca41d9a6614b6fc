import { beforeEach, describe, expect, test } from 'vitest';
import type { SidecarConfig } from '../src/discovery/sidecar-config.ts';
import type { Registry } from '../src/registry/registry.ts';
import type { ResourceSet } from '../src/xds/resource.ts';
import { objectsOf, registryOf, sidecarConfigs, workloadOf } from './mesh-fixture.ts';

/** A change reaches what it concerns and nothing else: what is equal is one object, so nobody compares or sends it again. */
const pod = (name: string, app: string, ip: string, ready = 'True') => `
apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  namespace: default
  uid: ${name}
  labels: {app: ${app}, version: v1, security.istio.io/tlsMode: istio}
  annotations: {sidecar.istio.io/status: "{}"}
  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: ${app}-1, controller: true}]
spec: {serviceAccountName: ${app}, containers: [{name: app}, {name: istio-proxy}]}
status: {podIP: ${ip}, phase: Running, conditions: [{type: Ready, status: "${ready}"}]}
---`;
const service = (name: string, ip: string) => `
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: default}
spec: {clusterIP: ${ip}, selector: {app: ${name}}, ports: [{name: http, port: 80}]}
---`;
const world = [
  pod('a-1', 'a', '10.1.0.1'),
  pod('a-2', 'a', '10.1.0.2'),
  pod('b-1', 'b', '10.1.0.3'),
  service('a', '10.96.0.1'),
  service('b', '10.96.0.2'),
].join('');

const routes = (timeout: string) => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: b, namespace: default}
spec: {hosts: [b], http: [{timeout: ${timeout}, route: [{destination: {host: b}}]}]}
---`;
const policy = (path: string) => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: p, namespace: default}
spec: {action: DENY, rules: [{to: [{operation: {paths: [${path}]}}]}]}
---`;

function versions(set: ResourceSet): Record<string, string> {
  return Object.fromEntries([...set].map(([name, { version }]) => [name, version]));
}

function changed(before: ResourceSet, after: ResourceSet): string[] {
  const [left, right] = [versions(before), versions(after)];
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].filter((name) => left[name] !== right[name]);
}

describe.each(['on-demand', 'eager'] as const)('%s', (delivery) => {
  let registry: Registry;
  let configs: ReturnType<typeof sidecarConfigs>;
  const config = (id: string): SidecarConfig => {
    const { snapshot } = registry;
    return configs.find({ snapshot, workload: workloadOf(snapshot, id), delta: true, before: undefined });
  };
  const apply = (yaml: string) => registry.apply({ upserts: objectsOf(yaml), removals: [] });

  beforeEach(() => {
    registry = registryOf(world, routes('1s'), policy('/a'));
    configs = sidecarConfigs({ delivery });
  });

  test('pods of one workload are told apart by their places where a rule asks for that, and no further', () => {
    const placed = (name: string, zone: string) =>
      pod(name, 'a', `10.1.0.${name.slice(2)}`).replace('version: v1', `version: v1, istio-locality: r.${zone}`);
    apply([placed('a-11', 'z1'), placed('a-12', 'z1'), placed('a-13', 'z2')].join(''));
    for (const [name, zone] of [
      ['b-21', 'z1'],
      ['b-22', 'z2'],
    ] as const)
      apply(pod(name, 'b', `10.1.0.${name.slice(2)}`).replace('version: v1', `version: v1, istio-locality: r.${zone}`));
    expect(config('default/a-13')).toBe(config('default/a-11'));
    apply(
      'apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: b}\nspec: {host: b, trafficPolicy: {outlierDetection: {}}}',
    );
    const [one, two, three] = [config('default/a-11'), config('default/a-12'), config('default/a-13')];
    expect(two).toBe(one);
    expect(three).not.toBe(one);
    expect(three.wildcard('cluster')).toBe(one.wildcard('cluster'));
    expect(three.wildcard('listener')).toBe(one.wildcard('listener'));
    const endpoints = (of: SidecarConfig, host: string) =>
      of.named('endpoint', `outbound|80||${host}.default.svc.cluster.local`);
    expect(endpoints(three, 'a')).toBe(endpoints(one, 'a'));
    expect(endpoints(three, 'b')?.version).not.toBe(endpoints(one, 'b')?.version);
  });

  test('pods of one workload have one configuration', () => {
    expect(config('default/a-1')).toBe(config('default/a-2'));
    expect(config('default/a-1')).toBe(config('default/a-1'));
  });

  test('other workloads share the part that is the same', () => {
    const [a, b] = [config('default/a-1'), config('default/b-1')];
    expect(a.parts.view).toBe(b.parts.view);
    expect(a.parts.hosts).toBe(b.parts.hosts);
    expect(a.named('endpoint', 'outbound|80||b.default.svc.cluster.local')).toBe(
      b.named('endpoint', 'outbound|80||b.default.svc.cluster.local'),
    );
  });

  test('an endpoint changes endpoints alone', () => {
    const before = config('default/a-1');
    apply(pod('b-1', 'b', '10.1.0.3', 'False'));
    const after = config('default/a-1');
    for (const type of ['cluster', 'listener', 'virtualHost'] as const)
      expect(after.wildcard(type)).toBe(before.wildcard(type));
    const names = ['a', 'b'].map((name) => `outbound|80||${name}.default.svc.cluster.local`);
    const differ = names.map((name) => after.named('endpoint', name) !== before.named('endpoint', name));
    expect(differ).toEqual([false, true]);
  });

  test('a route changes its virtual host alone', () => {
    const before = config('default/a-1');
    apply(routes('2s'));
    const after = config('default/a-1');
    for (const type of ['cluster', 'listener'] as const) expect(after.wildcard(type)).toBe(before.wildcard(type));
    if (delivery === 'on-demand') {
      expect(changed(before.wildcard('virtualHost'), after.wildcard('virtualHost'))).toEqual([
        '80/b.default.svc.cluster.local:80',
      ]);
    } else expect(after.named('route', '80')?.version).not.toBe(before.named('route', '80')?.version);
  });

  test('a policy changes the routes to the app, and listeners only for what is no HTTP', () => {
    const before = config('default/a-1');
    apply(policy('/b'));
    const after = config('default/a-1');
    expect(after.wildcard('cluster')).toBe(before.wildcard('cluster'));
    expect(after.named('route', 'inbound|80||')?.version).not.toBe(before.named('route', 'inbound|80||')?.version);
    // DENY by path holds for no connection that is not HTTP: there the condition is gone, and nothing changes.
    expect(changed(before.wildcard('listener'), after.wildcard('listener'))).toEqual([]);
  });

  test('what changes nothing derived changes nothing', () => {
    const before = config('default/a-1');
    apply(world);
    apply(routes('1s'));
    expect(config('default/a-1')).toBe(before);
  });

  test('equal configuration from another process has equal versions', () => {
    const again = sidecarConfigs({ delivery });
    const other = again.find({
      snapshot: registryOf(world, routes('1s'), policy('/a')).snapshot,
      workload: workloadOf(registry.snapshot, 'default/a-1'),
      delta: true,
      before: undefined,
    });
    for (const type of ['cluster', 'listener', 'virtualHost'] as const)
      expect(versions(other.wildcard(type))).toEqual(versions(config('default/a-1').wildcard(type)));
  });
});

test('whom one workload asks is known to it alone, whoever of its namespace asks for the endpoints first', () => {
  const asked = `${service('ext', '10.96.0.3')}${pod('ext-1', 'ext', '10.1.0.4')}
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: default, namespace: default}
spec: {egress: [{hosts: ["./b.default.svc.cluster.local"]}]}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: ask, namespace: default}
spec: {selector: {matchLabels: {app: a}}, action: CUSTOM, provider: {name: ext}, rules: [{}]}
---`;
  const { snapshot } = registryOf(world, asked);
  const host = 'ext.default.svc.cluster.local';
  const extensionProviders = [{ name: 'ext', envoyExtAuthzHttp: { service: host, port: 80 } }];
  const configs = sidecarConfigs({ delivery: 'eager', extensionProviders });
  const of = (id: string) =>
    configs.find({ snapshot, workload: workloadOf(snapshot, `default/${id}`), delta: true, before: undefined });
  const name =
    [...of('a-1').wildcard('cluster').values()].find(({ edsName }) => edsName?.includes(host))?.edsName ?? '';
  const [first, second, again] = ['b-1', 'a-1', 'b-1'].map((id) => of(id).named('endpoint', name));
  expect(second).toBeDefined();
  expect([first?.standsIn, second?.standsIn, again?.standsIn]).toEqual([true, undefined, true]);
});
