import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../envoy/condition.ts';
import { findRequirements } from '../netns/requirements.ts';
import { startMesh, type TestMesh } from './fixture.ts';
import { underLoad } from './under-load.ts';
import { app, namespace } from './world.ts';

/** The kill switch on real proxies, under load, both ways. */
const envoy = findRequirements();
const deliveries = {
  'on demand': { sets: [], bypassed: ['server'] },
  eager: { sets: ['mesh.delivery=eager'], bypassed: ['mesh'] },
} as const;

const world = `${[
  namespace('default', 'meshed'),
  namespace('outside', 'plain'),
  app('client'),
  app('server'),
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
spec: {action: DENY, rules: [{to: [{operation: {methods: [POST]}}]}]}
---
`;

/** One of a file counts from when it is first seen. */
const emergency = (level: string, where: 'mesh' | 'server') => `
apiVersion: outrigger.io/v1alpha1
kind: Emergency
metadata: {name: e, namespace: ${where === 'mesh' ? 'outrigger-system' : 'default'}}
spec: {level: ${level}, ttl: 1h, reason: INC-7${where === 'mesh' ? '' : ', selector: {matchLabels: {app: server}}'}}
---`;

describe.skipIf(envoy === undefined).each(Object.entries(deliveries))('%s', (_, { sets, bypassed }) => {
  let mesh: TestMesh;
  beforeAll(async () => {
    mesh = await startMesh({ envoy: envoy ?? '', manifests: { 'world.yaml': world }, sets: [...sets] });
  });
  afterAll(async () => {
    await mesh?.stop();
  });
  const statusOf = async (from: string, load: object = {}): Promise<number> =>
    (await mesh.load(from, { url: 'http://server.default:9080/', timeoutMs: 2000, ...load })).samples[0]?.status ?? 0;
  const reaches = (what: string, wanted: number, ask: () => Promise<number>) =>
    until(what, async () => ((await ask()) === wanted ? true : undefined), 30);
  const within = async (yaml: string, check: () => Promise<void>) => {
    await mesh.apply('emergency.yaml', yaml);
    try {
      await check();
    } finally {
      await mesh.remove('emergency.yaml');
    }
    expect(mesh.rejections).toEqual([]);
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
    'bypass of the %s under load, both ways: no request fails',
    async (where) => {
      const requests = await underLoad(
        mesh,
        { clients: ['client', 'other'], hosts: ['server'], seconds: 26 },
        async () => {
          await within(emergency('bypass', where), async () => {
            await reaches('policies are passed by', 200, post);
            await reaches('plaintext is let in', 200, plain);
            await delay(3000);
          });
          await reaches('policies hold again', 403, post);
          // The last of it: whoever comes without TLS is let in a little longer.
          await reaches('plaintext is refused again', 0, plain);
        },
      );
      expect(requests).toBeGreaterThan(2000);
      expect(await statusOf('default/client')).toBe(200);
    },
  );
});
