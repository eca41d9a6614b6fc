import { expect } from 'vitest';
import type { FeatureRow } from './feature-rows.ts';
import type { TestMesh } from './fixture.ts';
import { app, namespace } from './world.ts';

const ports = [
  { port: 9080, name: 'http', speaks: 'http' },
  { port: 9083, name: 'tcp-echo', speaks: 'tcp' },
];

/** A client and three versions of a server, each in another place: the version's name says how near it is. */
export const trafficWorld = [
  namespace('default', 'meshed'),
  namespace('team', 'meshed'),
  app('client', { labels: { v1: { 'istio-locality': 'r1.z1.s1' } } }),
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
];
