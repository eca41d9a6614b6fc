import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LoadResult } from '../../src/playground/sample-app/load.ts';
import { findRequirements } from '../netns/requirements.ts';
import { startMesh, type TestMesh } from './fixture.ts';
import { expectAll200, loadDuring, urlOf } from './under-load.ts';
import { app, namespace, subsets } from './world.ts';

/**
 * Services, subsets, routes and endpoints come and go while requests go on. What is not touched never fails, what is
 * changed never fails, and what is deleted works again as soon as it is back.
 */
const envoy = findRequirements();
const eager = { 'proxy.outrigger.io/delivery': 'eager' };
/** Of an app, the documents that are Services, or the others. */
const documents = (text: string, which: 'services' | 'others'): string =>
  text
    .split('---')
    .filter((document) => document.includes('kind: Service\n') === (which === 'services'))
    .join('---');

const coming = app('coming');
/** Subsets `v1` and another, whose name is given, and what share each has of the requests; no share: no route. */
function split(second: string, weights: readonly (readonly [subset: string, weight: number])[]): string {
  const rule = subsets('split', ['v1', 'v2']).replace('name: v2', `name: ${second}`);
  const shares = weights.map(
    ([subset, weight]) => `{destination: {host: split, subset: ${subset}}, weight: ${weight}}`,
  );
  if (shares.length === 0) return rule;
  return `${rule}
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: split}
spec: {hosts: [split], http: [{route: [${shares.join(', ')}]}]}
---`;
}
const scaled = (replicas: number): string => app('scaled', { replicas });

const manifests = {
  'world.yaml': [
    namespace('default', 'meshed'),
    app('client'),
    app('eager', { annotations: eager }),
    app('still'),
    app('split', { versions: ['v1', 'v2'] }),
    documents(coming, 'others'),
  ].join(''),
  'coming.yaml': documents(coming, 'services'),
  'scaled.yaml': scaled(3),
  'split.yaml': split('v2', [
    ['v1', 100],
    ['v2', 0],
  ]),
};

const deliveries = {
  'hosts on demand, and eager': { sets: ['mesh.pushedHosts=0'], clients: ['client', 'eager'] },
};

describe.skipIf(envoy === undefined).each(Object.entries(deliveries))('%s', (_, { sets, clients }) => {
  let mesh: TestMesh;
  beforeAll(async () => {
    mesh = await startMesh({ envoy: envoy ?? '', manifests, sets });
  });
  afterAll(async () => {
    await mesh?.stop();
  });

  const everybody = (host: string, load: object): Promise<LoadResult[]> =>
    Promise.all(clients.map((client) => mesh.load(`default/${client}`, { url: urlOf(host), ...load })));

  /** Endpoints follow services and pods after a moment. */
  async function settle(): Promise<void> {
    await delay(150);
    await mesh.settled();
  }

  async function apply(name: string, text: string): Promise<void> {
    await mesh.apply(name, text);
    await settle();
  }

  async function remove(name: string): Promise<void> {
    await mesh.remove(name);
    await settle();
  }

  /** Requests to `host` and to one that nothing is done to, for as long as `change` takes and a moment longer. */
  async function during(host: string, change: () => Promise<void>): Promise<readonly LoadResult[]> {
    const results = await loadDuring(mesh, { clients, hosts: [host, 'still'] }, change);
    const untouched = expectAll200(results.get('still') ?? []);
    const asked = results.get(host) ?? [];
    const counts = JSON.stringify(asked.map(({ statuses }) => statuses));
    console.info(`${host}: ${counts}; beside it ${untouched}, 0 failed`);
    return asked;
  }

  /** Of 40 requests of each client, which all have to be answered. */
  async function versionsNow(host: string): Promise<string[]> {
    const ask = `curl -s -D - -o /dev/null '${urlOf(host)}?[1-40]'`;
    const answers = await Promise.all(clients.map((client) => mesh.shell(`default/${client}`, ask)));
    for (const answer of answers) {
      expect([...answer.matchAll(/^HTTP\S* (\d+)/gm)].map(([, status]) => status)).toEqual(Array(40).fill('200'));
    }
    const found = answers.flatMap((answer) => [...answer.matchAll(/^x-app-version: (\S+)/gm)]);
    return [...new Set(found.map(([, version = '']) => version))].sort();
  }

  test('a service that is deleted and comes back, twice', async () => {
    expect(await versionsNow('coming')).toEqual(['v1']);
    const results = await during('coming', async () => {
      for (let turn = 0; turn < 2; turn++) {
        await remove('coming.yaml');
        await delay(300);
        await apply('coming.yaml', manifests['coming.yaml']);
        expect(await versionsNow('coming')).toEqual(['v1']);
      }
    });
    // Gone, its calls go to an address where nobody is.
    for (const { statuses } of results)
      for (const status of Object.keys(statuses)) expect(['0', '200', '503']).toContain(status);
    expect(await versionsNow('coming')).toEqual(['v1']);
  });

  test('weights from all to none, towards a subset that was never used', async () => {
    expect(await versionsNow('split')).toEqual(['v1']);
    const results = await during('split', async () => {
      await apply(
        'split.yaml',
        split('v2', [
          ['v1', 0],
          ['v2', 100],
        ]),
      );
      expect(await versionsNow('split')).toEqual(['v2']);
      await apply(
        'split.yaml',
        split('v2', [
          ['v1', 100],
          ['v2', 0],
        ]),
      );
      expect(await versionsNow('split')).toEqual(['v1']);
      await apply('split.yaml', split('v2', [['v2', 100]]));
    });
    expectAll200(results);
  });

  test('a subset under another name, and routes that come and go', async () => {
    const results = await during('split', async () => {
      for (const name of ['other', 'v2', 'other', 'v2']) {
        await apply('split.yaml', split(name, [[name, 100]]));
        expect(await versionsNow('split')).toEqual(['v2']);
        await apply('split.yaml', split(name, []));
        expect(await versionsNow('split')).toEqual(['v1', 'v2']);
        await apply('split.yaml', split(name, [['v1', 100]]));
        expect(await versionsNow('split')).toEqual(['v1']);
      }
      await apply('split.yaml', split('v2', [['v2', 100]]));
    });
    expectAll200(results);
  });

  test('a subset that is deleted while a route names it, and comes back', async () => {
    const results = await during('split', async () => {
      await apply('split.yaml', split('other', [['v2', 100]]));
      for (const { statuses, maxMs } of await everybody('split', { n: 20, timeoutMs: 3000 })) {
        expect(statuses).toEqual({ 503: 20 });
        expect(maxMs).toBeLessThan(2000);
      }
      await apply('split.yaml', split('v2', [['v2', 100]]));
      expect(await versionsNow('split')).toEqual(['v2']);
    });
    for (const { statuses } of results) expect(Object.keys(statuses).sort()).toEqual(['200', '503']);
  });

  test('endpoints: three, one, three', async () => {
    const results = await during('scaled', async () => {
      await apply('scaled.yaml', scaled(1));
      await delay(1000);
      const [one] = await everybody('scaled', { n: 30 });
      expect(Object.keys(one?.pods ?? {})).toHaveLength(1);
      await apply('scaled.yaml', scaled(3));
      await mesh.playground.ready(20);
      await settle();
    });
    expectAll200(results);
    const [three] = await everybody('scaled', { n: 60 });
    expect(Object.keys(three?.pods ?? {})).toHaveLength(3);
    expect(mesh.rejections).toEqual([]);
    expect(mesh.problems).toEqual([]);
  });
});
