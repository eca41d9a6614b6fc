import { expect } from 'vitest';
import { until } from '../envoy/condition.ts';
import type { FeatureRow } from './feature-rows.ts';
import type { TestMesh } from './fixture.ts';
import { expectSplit } from './statistics.ts';
import { app, namespace } from './world.ts';

const ports = [
  { port: 9080, name: 'http', speaks: 'http' },
  { port: 9083, name: 'tcp-echo', speaks: 'tcp' },
  { port: 9084, name: 'tcp-first', speaks: 'tcp-first' },
];

/** A client and three versions of a server, each in another place: the version's name says how near it is. */
export const trafficWorld = [
  namespace('default', 'meshed'),
  namespace('team', 'meshed'),
  app('client', { labels: { v1: { 'istio-locality': 'r1.z1.s1' } } }),
  // One of a pair: zones are shared out by where both of its pods are.
  app('caller', {
    versions: ['here', 'there'],
    labels: { here: { 'istio-locality': 'r1.z1.s1' }, there: { 'istio-locality': 'r1.z2.s1' } },
  }),
  app('server', {
    versions: ['near', 'mid', 'far'],
    ports,
    labels: {
      near: { 'istio-locality': 'r1.z1.s1' },
      mid: { 'istio-locality': 'r1.z2.s1' },
      far: { 'istio-locality': 'r2.z1.s1' },
    },
  }),
  app('cart', { namespace: 'team' }),
].join('');

const url = (path: string) => `http://server:9080${path}`;

async function ask(mesh: TestMesh, path: string) {
  const { samples } = await mesh.load('default/client', { url: url(path) });
  return samples[0];
}

const rule = (policy: string) => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: server, namespace: default}
spec: {host: server, trafficPolicy: ${policy}}
---`;

/** Whoever is left out stays so for longer than a row takes; the next row's rule makes the cluster anew. */
const noticing =
  'outlierDetection: {consecutive5xxErrors: 3, interval: 1s, baseEjectionTime: 120s, maxEjectionPercent: 100}';

/** Which versions answer a number of requests. */
async function answering(mesh: TestMesh, where = url('/headers'), n = 12): Promise<string> {
  const { versions } = await mesh.load('default/client', { url: where, n });
  return Object.keys(versions).sort().join();
}

async function untilAnswering(mesh: TestMesh, version: string, where = url('/headers')): Promise<void> {
  await until(`${version} answers`, async () => ((await answering(mesh, where)) === version ? true : undefined), 20);
}

export const trafficRows: readonly FeatureRow[] = [
  {
    does: 'the rules of a delegate stand where the root names it',
    manifest: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: root, namespace: default}
spec:
  hosts: [server]
  http:
    - {match: [{uri: {prefix: /cart}}], headers: {response: {set: {x-root: "yes"}}}, delegate: {name: cart, namespace: team}}
    - {match: [{uri: {prefix: /hidden}}], delegate: {name: hidden, namespace: team}}
    - {directResponse: {status: 410}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: cart, namespace: team}
spec:
  http:
    - {match: [{uri: {exact: /cart/fixed}}], directResponse: {status: 418}}
    - {match: [{uri: {prefix: /elsewhere}}], directResponse: {status: 411}}
    - {rewrite: {uri: /headers}, route: [{destination: {host: cart}}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: hidden, namespace: team}
spec: {exportTo: ["."], http: [{directResponse: {status: 419}}]}
---`,
    check: async (mesh) => {
      expect((await ask(mesh, '/cart/fixed'))?.status).toBe(418);
      // A short name in the delegate is of the delegate's namespace.
      const cart = await ask(mesh, '/cart/any');
      expect(cart).toMatchObject({ status: 200, headers: { 'x-root': 'yes' } });
      expect(JSON.parse(cart?.body ?? '{}')).toMatchObject({ app: 'cart', path: '/headers/any' });
      expect((await ask(mesh, '/elsewhere'))?.status).toBe(410);
      expect((await ask(mesh, '/hidden'))?.status).toBe(410);
    },
  },
  {
    does: 'where nobody notices failures all places are alike',
    check: async (mesh) => expect(await answering(mesh, url('/headers'), 60)).toBe('far,mid,near'),
  },
  {
    does: 'the nearest are used until they fail, then the next',
    manifest: rule(`{${noticing}}`),
    check: async (mesh) => {
      expect(await answering(mesh, url('/headers'), 60)).toBe('near');
      for (const next of ['mid', 'far']) {
        expect((await mesh.load('default/client', { url: url('/status/500'), n: 3 })).statuses).toEqual({ 500: 3 });
        await untilAnswering(mesh, next);
      }
    },
  },
  {
    does: 'labels say which are near',
    manifest: rule(`{${noticing}, loadBalancer: {localityLbSetting: {failoverPriority: ["version=far"]}}}`),
    check: async (mesh) => {
      expect(await answering(mesh, url('/headers'), 60)).toBe('far');
      await mesh.load('default/client', { url: url('/status/500'), n: 3 });
      await untilAnswering(mesh, 'mid,near');
    },
  },
  {
    does: 'places get their shares',
    manifest: rule(
      '{loadBalancer: {localityLbSetting: {distribute: [{from: r1/z1/*, to: {"r1/z1/*": 70, "r1/z2/*": 20, "r2/*": 10}}]}}}',
    ),
    check: async (mesh) => {
      const result = await mesh.load('default/client', { url: url('/headers'), n: 1000, concurrency: 4 });
      expectSplit(result, 1000, { near: 70, mid: 20, far: 10 });
    },
  },
  {
    does: 'a client stays in its zone as far as all endpoints are to have the same load',
    manifest: rule('{loadBalancer: {zoneAwareLbSetting: {minClusterSize: 2}}}'),
    check: async (mesh) => {
      const split = async (from: string, expected: Readonly<Record<string, number>>) => {
        const result = await mesh.load(from, { url: url('/headers'), n: 1000, concurrency: 4 });
        expectSplit(result, 1000, expected);
      };
      // All of its pods are in a zone with half of the endpoints of the region.
      await split('default/client', { near: 50, mid: 50 });
      // Half of its pods are: each zone has what it needs.
      await split('default/caller-here', { near: 100 });
      await split('default/caller-there', { mid: 100 });
    },
  },
  {
    does: 'zones count alike with fewer endpoints than they are to have',
    manifest: rule('{loadBalancer: {zoneAwareLbSetting: {minClusterSize: 3}}}'),
    check: async (mesh) => expect(await answering(mesh, url('/headers'), 60)).toBe('mid,near'),
  },
  {
    does: 'a Service that prefers the zone of the client',
    manifest: `
apiVersion: v1
kind: Service
metadata: {name: close, namespace: default}
spec: {selector: {app: server}, trafficDistribution: PreferClose, ports: [{name: http, port: 9080}]}
---`,
    check: async (mesh) => {
      const close = 'http://close:9080/headers';
      await untilAnswering(mesh, 'near', close);
      const health = (state: string) => mesh.shell('default/server-near', `curl -s localhost:9080/health/${state}`);
      await health('fail');
      try {
        await untilAnswering(mesh, 'mid', close);
      } finally {
        await health('mend');
      }
      await untilAnswering(mesh, 'near', close);
    },
  },
];
