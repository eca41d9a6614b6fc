import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ChildControlPlane, startChildControlPlane } from '../mesh/child-control-plane.ts';
import { startMesh, type TestMesh } from '../mesh/fixture.ts';
import { connected, everybody, underLoad, urlOf } from '../mesh/under-load.ts';
import { updatesOf } from '../mesh/updates.ts';
import { app, namespace } from '../mesh/world.ts';
import { findRequirements } from '../netns/requirements.ts';
import { broken, crowd, lockdown, redirect, strict } from './manifests.ts';

/**
 * Whatever happens to the control plane and its configuration, requests to hosts in use go on: faults one after the other, for
 * `OUTRIGGER_SOAK_SECONDS`, and every answer counted at the clients. At the end the control plane is no larger than before,
 * and what every proxy has is what a new control plane would send it.
 */
const envoy = findRequirements();
const seconds = Number(process.env['OUTRIGGER_SOAK_SECONDS'] ?? 60);
const clients = ['client', 'eager'];
const hosts = ['used-a', 'used-b'];
const servers = (replicas: number) => app('used-a', { replicas, lingerSeconds: 3 });
const world = [
  namespace('default', 'meshed'),
  app('client'),
  app('eager', { annotations: { 'proxy.outrigger.io/delivery': 'eager' } }),
  app('used-b'),
].join('');

interface Fault {
  readonly name: string;
  /** Less than a round. */
  readonly act: () => Promise<void>;
}

interface Size {
  readonly rssMb: number;
  readonly files: number;
}

const roundSeconds = 7;

describe.skipIf(envoy === undefined)('faults under load', () => {
  let mesh: TestMesh;
  let control: ChildControlPlane;
  let version = 0;

  beforeAll(async () => {
    mesh = await startMesh({
      envoy: envoy ?? '',
      manifests: { 'world.yaml': world, 'servers.yaml': servers(1) },
      startControlPlane: async (options) => {
        control = await startChildControlPlane(options, ['log.level=error']);
        return control;
      },
    });
    for (const client of clients) await everybody(mesh, client, hosts, { n: 20 });
  });
  afterAll(() => mesh?.stop());

  const changed = (name: string, yaml: string) => mesh.apply(name, yaml);

  async function place(client: string): Promise<string> {
    const url = `${urlOf('used-b')}moved`;
    const script = `curl -s -o /dev/null -w '%{redirect_url}' --max-time 2 ${url} || true`;
    return (await mesh.shell(`default/${client}`, script)).trim();
  }

  /** A hundred changes a second. How long the last one took is shown: a second on a machine that has nothing else to do. */
  async function storm(): Promise<void> {
    for (let change = 0; change < 300; change++) {
      version += 1;
      await changed('moved.yaml', redirect(`/v${version}`));
      await delay(8);
    }
    const made = performance.now();
    for (const client of clients) {
      await expect.poll(() => place(client), { timeout: 5_000, interval: 20 }).toMatch(new RegExp(`/v${version}$`));
    }
    const ms = performance.now() - made;
    console.info(`storm: the last of 300 changes was with both clients after ${Math.round(ms)} ms`);
  }

  const faults: readonly Fault[] = [
    {
      name: 'killed and restarted',
      act: async () => {
        await control.kill();
        await delay(1_000);
        await control.restart();
      },
    },
    {
      name: 'frozen for 3 s',
      act: async () => {
        control.freeze();
        await delay(3_000);
        control.thaw();
      },
    },
    { name: 'a storm of changes', act: storm },
    {
      name: 'pods come and go',
      act: async () => {
        await changed('servers.yaml', servers(3));
        await delay(3_500);
        await changed('servers.yaml', servers(1));
      },
    },
    {
      name: 'a service of 5,000 endpoints',
      act: async () => {
        await changed('crowd.yaml', crowd(5_000));
        await delay(1_500);
        await changed('crowd.yaml', crowd(4_999));
        await delay(1_500);
        await mesh.remove('crowd.yaml');
      },
    },
    {
      name: 'policies',
      act: async () => {
        await changed('policies.yaml', strict);
        await delay(1_200);
        await changed('policies.yaml', `${strict}${lockdown(clients)}`);
        await delay(1_200);
        await mesh.remove('policies.yaml');
      },
    },
    {
      name: 'files that nobody can read',
      act: async () => {
        for (const text of broken) {
          await changed('broken.yaml', text);
          await delay(400);
        }
        await mesh.remove('broken.yaml');
      },
    },
  ];

  function size(): Size {
    const status = readFileSync(`/proc/${control.pid}/status`, 'utf8');
    const rssMb = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
    return { rssMb, files: readdirSync(`/proc/${control.pid}/fd`).length };
  }

  async function allocatedMb(client: string): Promise<number> {
    const { allocated } = JSON.parse(await mesh.admin(`default/${client}`, '/memory')) as { allocated: string };
    return Number(allocated) / 1e6;
  }

  test(
    `${seconds} s of faults: no request fails, nothing grows, all proxies have what they should have`,
    async () => {
      const end = performance.now() + seconds * 1_000;
      let requests = 0;
      const round = async (fault: Fault): Promise<void> => {
        const answered = await underLoad(mesh, { clients, hosts, seconds: roundSeconds }, fault.act);
        requests += answered;
        console.info(`${fault.name}: ${answered} requests, 0 failed`);
      };
      for (const fault of faults) await round(fault);
      // The same process from here on: what it loses shows.
      const lasting = faults.filter(({ name }) => !name.startsWith('killed'));
      for (const client of clients) await connected(mesh, client);
      const [before, envoyBefore] = [size(), await Promise.all(clients.map(allocatedMb))];
      const sizes: Size[] = [before];
      for (let turn = 0; performance.now() < end; turn++) {
        const fault = lasting[turn % lasting.length];
        if (fault !== undefined) await round(fault);
        sizes.push(size());
      }
      const [after, envoyAfter] = [sizes.at(-1) ?? before, await Promise.all(clients.map(allocatedMb))];
      console.info(
        `${requests} requests, 0 failed; control plane ${sizes.map(({ rssMb }) => rssMb.toFixed(0)).join(' ')} MB, ${before.files} to ${after.files} files; proxies ${envoyBefore} to ${envoyAfter} MB`,
      );
      expect(after.rssMb).toBeLessThan(before.rssMb * 1.3 + 40);
      expect(after.files).toBeLessThan(before.files + 10);
      for (const [index, mb] of envoyAfter.entries()) expect(mb).toBeLessThan((envoyBefore[index] ?? 0) * 1.3 + 4);

      // A new control plane knows nothing of before: what it does not send again is what it would have made.
      await delay(2_000);
      const held = () => Promise.all(clients.map((client) => updatesOf(mesh, `default/${client}`)));
      const last = await held();
      await control.kill();
      await control.restart();
      for (const client of clients) await connected(mesh, client);
      expect(await held()).toEqual(last);
      expect(control.log.filter((line) => line.includes('OR2010'))).toEqual([]);
      expect(mesh.problems).toEqual([]);
    },
    (seconds + 240) * 1_000,
  );
});
