import { execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Balancer, startBalancer } from '../cluster/balancer.ts';
import { type ChildControlPlane, startChildControlPlane } from '../mesh/child-control-plane.ts';
import { startMesh, type TestMesh } from '../mesh/fixture.ts';
import { connected, everybody, underLoad } from '../mesh/under-load.ts';
import { updatesOf } from '../mesh/updates.ts';
import { findRequirements } from '../netns/requirements.ts';
import { clockJump } from './clock-jump.ts';
import { FakeClock } from './fake-clock.ts';
import { type Fault, type Stage, Versions } from './fault.ts';
import { redirect, serversOf, worldOf } from './manifests.ts';
import { manyPods } from './many-pods.ts';
import { frozen, killed, manyEndpoints, policies, realPods, storm, unreadable } from './plain-faults.ts';
import { expectNoGrowth, measure, printSizes, type Size } from './size.ts';
import { ports, twoVersions } from './two-versions.ts';

/**
 * Whatever happens to the control plane and its configuration, requests to hosts in use go on: faults one after the other, for
 * `OUTRIGGER_SOAK_SECONDS`, and every answer counted at the clients. At the end the control plane is no larger than before,
 * and what every proxy has is what a new control plane would send it. From five minutes on the faults last a minute that are
 * a matter of quantity, and those are played that take long. `OUTRIGGER_SOAK_ONLY` plays those alone that have it in their names.
 */
const envoy = findRequirements();
const seconds = Number(process.env['OUTRIGGER_SOAK_SECONDS'] ?? 60);
const isLong = seconds >= 300;
const only = process.env['OUTRIGGER_SOAK_ONLY'] ?? '';
const clients = ['client', 'eager'];
/** The mesh tries again for requests to the first, and not for those to the second. */
const hosts = ['used-a', 'used-b'];

describe.skipIf(envoy === undefined)('faults under load', () => {
  let stage: Stage;
  let mesh: TestMesh;
  let control: ChildControlPlane;
  let balancer: Balancer | undefined;
  const servers = (replicas: number) => serversOf(clock?.env ?? {}, replicas);
  const clock = isLong ? FakeClock.make() : undefined;

  beforeAll(async () => {
    mesh = await startMesh({
      envoy: envoy ?? '',
      manifests: { 'world.yaml': worldOf(clock?.env ?? {}), 'servers.yaml': servers(1), 'moved.yaml': redirect('/v0') },
      startControlPlane: async (options) => {
        const port = isLong ? [`discovery.port=${ports.this}`] : [];
        control = await startChildControlPlane(options, ['log.level=error', ...port], clock?.env);
        if (isLong) {
          balancer = await startBalancer({ host: options.host, port: 15_012 });
          balancer.use([ports.this]);
        }
        return control;
      },
    });
    const crowdedSeconds = isLong ? 60 : 3;
    stage = { mesh, control, clients, servers, balancer, clock, crowdedSeconds, versions: new Versions() };
    for (const client of clients) await everybody(mesh, client, [...hosts, 'fresh'], { n: 20 });
  });
  afterAll(async () => {
    await mesh?.stop();
    await balancer?.stop();
    clock?.stop();
  });

  function streams(): number {
    const text = execFileSync('curl', ['-sk', String(new URL('/metrics', control.webhookUrl))], { encoding: 'utf8' });
    return Number(/^outrigger_xds_streams\S* (\d+)/m.exec(text)?.[1]);
  }

  function faults(): readonly Fault[] {
    const always = [frozen, storm, realPods, manyPods, manyEndpoints, policies, unreadable].map((make) => make(stage));
    if (!isLong) return always;
    if (clock === undefined) console.info('the time of day is left alone: there is no C compiler');
    return [...always, twoVersions(stage), ...(clock === undefined ? [] : [clockJump(stage)])];
  }

  /** A new control plane knows nothing of before: what it does not send again is what it would have made. */
  async function expectFreshlyComputed(): Promise<void> {
    await delay(2_000);
    const held = () => Promise.all(clients.map((client) => updatesOf(mesh, `default/${client}`)));
    const last = await held();
    await control.kill();
    await control.restart();
    for (const client of clients) await connected(mesh, client);
    expect(await held()).toEqual(last);
  }

  test(
    `${seconds} s of faults: no request fails, nothing grows, all proxies have what they should have`,
    async () => {
      const end = performance.now() + seconds * 1_000;
      let requests = 0;
      const round = async ({ name, seconds: lasts, act }: Fault): Promise<void> => {
        if (lasts === undefined) return act();
        const answered = await underLoad(mesh, { clients, hosts }, async () => {
          const rest = delay(lasts * 1_000);
          await act();
          await rest;
        });
        requests += answered;
        console.info(`${name}: ${answered} requests, 0 failed`);
      };
      if (only === '') await round(killed(stage));
      // The same process from here on: what it loses shows.
      const lasting = faults().filter(({ name }) => name.includes(only));
      for (const fault of lasting) await round(fault);
      for (const client of clients) await connected(mesh, client);
      const before = await measure(stage);
      const sizes: Size[] = [before];
      for (let turn = 0; performance.now() < end && only === ''; turn++) {
        const fault = lasting[turn % lasting.length];
        if (fault !== undefined) await round(fault);
        sizes.push(await measure(stage));
      }
      for (const client of clients) await connected(mesh, client);
      console.info(`${requests} requests, 0 failed; ${printSizes(sizes)}`);
      await expectNoGrowth(stage, before);
      // One a proxy.
      await expect.poll(streams, { timeout: 45_000, interval: 500 }).toBe(mesh.playground.cluster.pods.length);

      await expectFreshlyComputed();
      expect(control.log.filter((line) => line.includes('OR2010'))).toEqual([]);
      expect(mesh.problems).toEqual([]);
    },
    (seconds + 400) * 1_000,
  );
});
