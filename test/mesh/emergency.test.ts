import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../envoy/condition.ts';
import { findRequirements } from '../netns/requirements.ts';
import { idOf, startMesh, type TestMesh } from './fixture.ts';
import { hold, withShortDrain } from './held-connections.ts';
import { underLoad } from './under-load.ts';
import { app, namespace } from './world.ts';

/** The kill switch on real proxies, under load, both ways. */
const envoy = findRequirements();
const deliveries = {
  'on demand': { sets: [], bypassed: ['server'] },
  eager: { sets: ['mesh.delivery=eager'], bypassed: ['mesh'] },
} as const;

/** What is long is cut when the drain of its proxy ends: after ten minutes, and after a few seconds where it is `hasty`. */
const echo = { port: 9083, name: 'tcp-echo', speaks: 'tcp' };
const web = { port: 9080, name: 'http', speaks: 'http' };
const bypassable = { v1: { bypass: 'meant' } };

const world = `${[
  namespace('default', 'meshed'),
  namespace('outside', 'plain'),
  app('client'),
  app('server', { ports: [web, echo], labels: bypassable }),
  app('hasty', { ports: [web, echo], labels: bypassable }),
  app('other'),
  app('stranger', { namespace: 'outside' }),
].join('')}
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: default}
spec: {mtls: {mode: STRICT}}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: no-posts, namespace: default}
spec: {action: DENY, rules: [{to: [{operation: {methods: [POST], ports: ["9080"]}}]}]}
---
`;

/** One of a file counts from when it is first seen. */
const emergency = (level: string, where: 'mesh' | 'server') => `
apiVersion: outrigger.io/v1alpha1
kind: Emergency
metadata: {name: e, namespace: ${where === 'mesh' ? 'outrigger-system' : 'default'}}
spec: {level: ${level}, ttl: 1h, reason: INC-7${where === 'mesh' ? '' : ', selector: {matchLabels: {bypass: meant}}'}}
---`;

describe.skipIf(envoy === undefined).each(Object.entries(deliveries))('%s', (_, { sets, bypassed }) => {
  let mesh: TestMesh;
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-drain-'));
  beforeAll(async () => {
    const hasty = withShortDrain(envoy ?? '', folder, { pod: 'hasty-', seconds: 4 });
    mesh = await startMesh({ envoy: hasty, manifests: { 'world.yaml': world }, sets: [...sets] });
  });
  afterAll(async () => {
    await mesh?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const statusOf = async (from: string, load: object = {}): Promise<number> =>
    (await mesh.load(from, { url: 'http://server.default:9080/', timeoutMs: 2000, ...load })).samples[0]?.status ?? 0;
  const reaches = async <T>(what: string, wanted: T, ask: () => Promise<T>): Promise<void> => {
    let last: T | undefined;
    const reached = async () => {
      last = await ask();
      return last === wanted ? true : undefined;
    };
    await until(() => `${what}: ${String(last)}, not ${String(wanted)}`, reached, 30);
  };
  const within = (yaml: string, check: () => Promise<void>) => mesh.during('emergency.yaml', yaml, check);
  /** Of many at once on the connections that there are, each is answered so. */
  const allPosts = async (): Promise<string> => {
    const load = { url: 'http://server.default:9080/', method: 'POST', n: 40, concurrency: 8, timeoutMs: 2000 };
    const both = await Promise.all(['client', 'other'].map((name) => mesh.load(`default/${name}`, load)));
    return [...new Set(both.flatMap(({ statuses }) => Object.keys(statuses)))].join();
  };
  const post = () => statusOf('default/client', { method: 'POST' });
  const plain = () => statusOf('outside/stranger');

  test('without one, policies and mutual TLS hold', async () => {
    expect(await statusOf('default/client')).toBe(200);
    expect(await post()).toBe(403);
    expect(await plain()).toBe(0);
  });

  test('authz: policies only log, and hold again', async () => {
    await within(emergency('authz', 'server'), async () => {
      await reaches('posts are let by', 200, post);
      expect(await plain()).toBe(0);
    });
    await reaches('posts are refused again', 403, post);
  });

  test('plaintext: mutual TLS is not required, and is required again', async () => {
    await within(emergency('plaintext', 'server'), async () => {
      await reaches('plaintext is let in', 200, plain);
      expect(await post()).toBe(403);
    });
    await reaches('plaintext is refused again', 0, plain);
  });

  test.each<'server' | 'mesh'>([...bypassed])(
    'bypass of the %s under load, both ways: no request fails; TCP connections end with the drain of their proxy',
    async (where) => {
      const holdTo = (host: string) => hold(mesh, 'default/client', host, echo.port);
      const [before, lasting] = [await holdTo('hasty'), await holdTo('server')];
      const cut = (what: string, { isOpen }: typeof before) =>
        until(`what was opened ${what} is cut`, async () => ((await isOpen()) ? undefined : true), 20);
      let last = before;
      const requests = await underLoad(mesh, { clients: ['client', 'other'], hosts: ['server'] }, async () => {
        let during = before;
        await within(emergency('bypass', where), async () => {
          await reaches('policies are passed by', 200, post);
          await reaches('plaintext is let in', 200, plain);
          await cut('before the bypass', before);
          await reaches('every connection passes by policies', '200', allPosts);
          await mesh.settled();
          for (const name of ['server', 'client'])
            expect(await mesh.endpointsLeft(idOf(mesh, name))).toMatchObject({ endpoints: [], total: 0 });
          during = await holdTo('hasty');
        });
        await reaches('policies hold again', '403', allPosts);
        await cut('during the bypass', during);
        // The last of it: whoever comes without TLS is let in a little longer.
        await reaches('plaintext is refused again', 0, plain);
        await mesh.settled();
        last = await holdTo('hasty');
      });
      expect(requests).toBeGreaterThan(2000);
      expect(await statusOf('default/client')).toBe(200);
      expect([await last.isOpen(), await lasting.isOpen()]).toEqual([true, true]);
    },
  );
});
