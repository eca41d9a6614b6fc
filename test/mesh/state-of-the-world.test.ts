import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../envoy/condition.ts';
import { findRequirements } from '../netns/requirements.ts';
import { idOf, startMesh, type TestMesh } from './fixture.ts';
import { app, namespace, subsets } from './world.ts';

/** Proxies that speak the other of the two protocols: each response of clusters or listeners holds all of them. */
const envoy = findRequirements();

const route = (v1: number): string => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: server}
spec:
  hosts: [server]
  http:
    - route:
        - {destination: {host: server, subset: v1}, weight: ${v1}}
        - {destination: {host: server, subset: v2}, weight: ${100 - v1}}
---`;
const deny = `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: closed}
spec: {selector: {matchLabels: {app: server}}, action: DENY, rules: [{to: [{operation: {paths: [/closed]}}]}]}
---`;
const world = [namespace('default', 'meshed'), app('client'), app('server', { versions: ['v1', 'v2'] })].join('');
const url = 'http://server:9080/';

describe.skipIf(envoy === undefined)('state of the world', () => {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-sotw-'));
  let mesh: TestMesh;
  beforeAll(async () => {
    mesh = await startMesh({ envoy: sotwEnvoy(envoy ?? '', folder), manifests: { 'world.yaml': world } });
  });
  afterAll(async () => {
    await mesh?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const ledger = () => mesh.control().composition.mesh?.ledger.status() ?? [];
  const load = (more: object = {}) => mesh.load('default/client', { url, n: 100, concurrency: 4, ...more });

  test('every proxy speaks it, and requests go through', async () => {
    expect(ledger().map(({ protocol }) => protocol)).toEqual(['sotw', 'sotw', 'sotw']);
    const { statuses, versions } = await load();
    expect(statuses).toEqual({ 200: 100 });
    expect(Object.keys(versions).sort()).toEqual(['v1', 'v2']);
    const seen = await mesh.load('default/client', { url: `${url}headers` });
    expect(seen.samples[0]?.body).toContain('URI=spiffe://cluster.local/ns/default/sa/client');
  });

  test('a proxy says which endpoints it has ejected, and what it was asked by is taken away again', async () => {
    const clusters = async () => (await mesh.admin('default/client', '/clusters')).includes('outrigger-question');
    expect(await mesh.endpointsLeft(idOf(mesh, 'client'))).toMatchObject({ endpoints: [], total: 0 });
    await until('it is gone', async () => !(await clusters()) || undefined, 20);
    expect((await load()).statuses).toEqual({ 200: 100 });
  });

  test('subsets, weights, policies and a service that comes and goes, under load', async () => {
    const under = load({ forMs: 8000, rate: 150 });
    await mesh.apply('route.yaml', `${subsets('server', ['v1', 'v2'])}${route(100)}`);
    expect((await load()).versions).toEqual({ v1: 100 });
    await mesh.apply('route.yaml', `${subsets('server', ['v1', 'v2'])}${route(0)}`);
    expect((await load()).versions).toEqual({ v2: 100 });
    await mesh.remove('route.yaml');
    expect(Object.keys((await load()).versions).sort()).toEqual(['v1', 'v2']);
    await mesh.apply('other.yaml', app('other'));
    await mesh.playground.ready(20);
    await mesh.settled();
    expect((await load({ url: 'http://other:9080/' })).statuses).toEqual({ 200: 100 });
    await mesh.apply('deny.yaml', deny);
    expect((await load({ url: `${url}closed` })).statuses).toEqual({ 403: 100 });
    const { statuses, errors } = await under;
    expect({ statuses: Object.keys(statuses), errors }).toEqual({ statuses: ['200'], errors: {} });
    console.info(`state of the world under changes: ${statuses[200]} requests, 0 failed`);
    await mesh.remove('other.yaml');
    await delay(200);
    expect((await load()).statuses).toEqual({ 200: 100 });
  });

  test('nothing was rejected', async () => {
    const states = ledger().flatMap(({ types }) => Object.values(types).map(({ state }) => state));
    expect(states).not.toContain('NACKED');
    expect(mesh.rejections).toEqual([]);
    expect(mesh.problems).toEqual([]);
  });
});

/** Envoy with a bootstrap in which one word is another. Pods reach it as the user of the proxy. */
function sotwEnvoy(binary: string, folder: string): string {
  chmodSync(folder, 0o755);
  const real = join(folder, 'envoy');
  copyFileSync(binary, real);
  chmodSync(real, 0o755);
  const script = join(folder, 'envoy.sh');
  const each = `for arg; do shift; set -- "$@" "$(printf %s "$arg" | sed s/DELTA_GRPC/GRPC/g)"; done`;
  writeFileSync(script, `#!/bin/sh\n${each}\nexec ${real} "$@"\n`, { mode: 0o755 });
  return script;
}
