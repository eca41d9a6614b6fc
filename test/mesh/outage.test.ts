import { createServer, type Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findRequirements } from '../netns/requirements.ts';
import { type ChildControlPlane, startChildControlPlane } from './child-control-plane.ts';
import { startMesh, type TestMesh } from './fixture.ts';
import { backMs, connected, everybody, underLoad, urlOf } from './under-load.ts';
import { updatesOf } from './updates.ts';
import { app, namespace } from './world.ts';

/**
 * The control plane is a process of its own that dies and freezes while requests go on. What a client has used goes on
 * without it; what it has never used fails soon where it has to be loaded first, and works once the control plane is back.
 */
const envoy = findRequirements();
/** Set to 60 to freeze for as long as an outage would be noticed. */
const frozenSeconds = Number(process.env['OUTRIGGER_FREEZE_SECONDS'] ?? 20);

const used = ['used-a', 'used-b'];
const fresh = ['fresh-a', 'fresh-b'];
const eager = { 'proxy.outrigger.io/delivery': 'eager' };
const world = [
  namespace('default', 'meshed'),
  app('client'),
  app('eager', { annotations: eager }),
  ...[...used, ...fresh].map((name) => app(name)),
].join('');
const moved = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: moved}
spec:
  hosts: [used-b]
  http:
    - {match: [{uri: {prefix: /moved}}], redirect: {uri: /elsewhere}}
    - {route: [{destination: {host: used-b}}]}
---`;

const deliveries = {
  'pushed hosts': { sets: [], freshFails: { status: 503, ms: 1000 }, unknownStatus: 200 },
  'hosts on demand': { sets: ['mesh.pushedHosts=0'], freshFails: { status: 504, ms: 1500 }, unknownStatus: 504 },
};

describe.skipIf(envoy === undefined).each(Object.entries(deliveries))(
  '%s',
  (_, { sets, freshFails, unknownStatus }) => {
    let mesh: TestMesh;
    let control: ChildControlPlane;
    let outside: Server;
    beforeAll(async () => {
      mesh = await startMesh({
        envoy: envoy ?? '',
        manifests: { 'world.yaml': world },
        startControlPlane: async (options) => {
          control = await startChildControlPlane(options, sets);
          return control;
        },
      });
      outside = createServer((__, response) => response.end('outside'));
      await new Promise<void>((resolve) => outside.listen(9080, mesh.playground.nodeIp, resolve));
      for (const client of ['client', 'eager']) await everybody(mesh, client, used, { n: 20 });
    });
    afterAll(async () => {
      outside?.close();
      await mesh?.stop();
    });

    const clients = ['client', 'eager'];
    const loaded = (meanwhile: () => Promise<void>) => underLoad(mesh, { clients, hosts: used }, meanwhile);

    async function first(client: string, url: string, headers = {}): Promise<{ status: number; ms: number }> {
      const { samples, firstMs } = await mesh.load(`default/${client}`, { url, headers });
      return { status: samples[0]?.status ?? 0, ms: firstMs };
    }

    /** What each client gets without a control plane of a host that it has never used, and of one that nobody knows. */
    async function alone(host: string): Promise<void> {
      const lazy = await first('client', urlOf(host));
      expect(lazy.status).toBe(freshFails.status);
      expect(lazy.ms).toBeGreaterThan(freshFails.ms - 100);
      expect(lazy.ms).toBeLessThan(2 * freshFails.ms);
      expect(await first('eager', urlOf(host))).toMatchObject({ status: 200 });
      const unknown = { host: `${host}.unknown.example` };
      const url = `http://${mesh.playground.nodeIp}:9080/`;
      const [there, eagerly] = [await first('client', url, unknown), await first('eager', url, unknown)];
      console.info(`${host} without a control plane: ${JSON.stringify({ lazy, unknown: there, eagerly })}`);
      expect(there.status).toBe(unknownStatus);
      // At once, or after the wait for a host that nobody tells of.
      expect(there.ms).toBeLessThan(unknownStatus === 200 ? freshFails.ms - 100 : 2 * freshFails.ms);
      expect(eagerly.status).toBe(200);
      expect(eagerly.ms).toBeLessThan(freshFails.ms - 100);
    }

    const answers = (host: string) =>
      expect.poll(() => first('client', urlOf(host)), { timeout: backMs, interval: 200 });

    test('killed and restarted: hosts in use never fail, and what is unchanged is not sent again', async () => {
      const updates = () => Promise.all(['client', 'eager'].map((client) => updatesOf(mesh, `default/${client}`)));
      const before = await updates();
      for (const resources of before) {
        expect(Object.keys(resources)).toContain('active_state virtualOutbound');
        expect(Object.keys(resources)).toContain('dynamic_route_configs 9080');
        expect(Object.keys(resources).join()).toContain('dynamic_active_clusters outbound|9080||used-a');
      }
      const n = await loaded(async () => {
        await control.kill();
        await delay(1500);
        await control.restart();
        await delay(1500);
      });
      console.info(`killed and restarted: ${n} requests, 0 failed`);
      for (const client of ['client', 'eager']) await connected(mesh, client);
      expect(await updates()).toEqual(before);
    });

    test('dead: a host never used fails soon, and works after the restart, as does what changed meanwhile', async () => {
      await control.kill();
      await mesh.apply('moved.yaml', moved);
      await alone('fresh-a');
      await control.restart();
      const ready = performance.now();
      await answers('fresh-a').toMatchObject({ status: 200 });
      for (const client of ['client', 'eager']) {
        const elsewhere = () => first(client, `${urlOf('used-b')}moved`);
        await expect.poll(elsewhere, { timeout: backMs, interval: 200 }).toMatchObject({ status: 301 });
      }
      console.info(`all as it should be ${Math.round(performance.now() - ready)} ms after the control plane was ready`);
    });

    test(`frozen for ${frozenSeconds} s: hosts in use never fail, others fail soon and work after it`, async () => {
      const n = await loaded(async () => {
        control.freeze();
        await delay(1000);
        await alone('fresh-b');
        await delay((frozenSeconds - 6) * 1000);
        control.thaw();
      }).finally(() => control.thaw());
      console.info(`frozen: ${n} requests, 0 failed`);
      await answers('fresh-b').toMatchObject({ status: 200 });
      expect(control.log.filter((line) => line.includes('OR2010'))).toEqual([]);
      expect(mesh.problems).toEqual([]);
    });
  },
);
