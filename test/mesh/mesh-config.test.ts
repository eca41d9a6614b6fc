import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../envoy/condition.ts';
import { findRequirements } from '../netns/requirements.ts';
import { deliveries } from './deliveries.ts';
import { startMesh, type TestMesh } from './fixture.ts';
import { app, namespace } from './world.ts';

/** Istio's meshConfig in the ConfigMap of a running mesh: real proxies follow it, and the control plane goes on. */
const envoy = findRequirements();

const world = [
  namespace('default', 'meshed'),
  namespace('other', 'meshed'),
  app('client'),
  app('server'),
  app('far', { namespace: 'other' }),
].join('');

const configMap = (mesh: object) => `
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: ${JSON.stringify(JSON.stringify(mesh))}}
---`;

describe.skipIf(envoy === undefined).each(Object.entries(deliveries))('%s', (_, sets) => {
  let mesh: TestMesh;
  beforeAll(async () => {
    mesh = await startMesh({ envoy: envoy ?? '', manifests: { 'world.yaml': world }, sets: [...sets] });
  });
  afterAll(async () => {
    await mesh?.stop();
  });
  const get = async (url: string) => (await mesh.load('default/client', { url: `http://${url}` })).samples[0];
  const pathOf = async (path: string) => JSON.parse((await get(`server:9080${path}`))?.body ?? '{}').path;
  /** A listener goes on until the next one is warm. */
  const reaches = async <T>(what: string, wanted: T, ask: () => Promise<T>) =>
    await until(what, async () => ((await ask()) === wanted ? true : undefined));
  const within = (config: object, check: () => Promise<void>) =>
    mesh.during('mesh-config.yaml', configMap(config), check);

  test('hosts that the mesh does not know, and back again', async () => {
    const called = async () =>
      (await mesh.load('default/client', { url: 'http://server:9080/x', headers: { host: 'no.example.com' } }))
        .samples[0]?.status;
    expect(await called()).toBe(200);
    await within({ outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } }, async () => {
      await reaches('they are refused', 502, called);
    });
    await reaches('they are let by', 200, called);
  });

  test('paths, as the app sees them', async () => {
    expect(await pathOf('/x//a%2Fb')).toBe('/x//a%2Fb');
    for (const [kind, path] of [
      ['MERGE_SLASHES', '/x/a%2Fb'],
      ['DECODE_AND_MERGE_SLASHES', '/x/a/b'],
    ])
      await within({ pathNormalization: { normalization: kind } }, async () => {
        await reaches(`paths are ${path}`, path, () => pathOf('/x//a%2Fb'));
      });
    await reaches('they are as they were', '/x//a%2Fb', () => pathOf('/x//a%2Fb'));
  });

  test('retries where no rule says anything', async () => {
    const attempts = async () => {
      await get('server:9080/count/reset');
      await get('server:9080/status/503');
      return JSON.parse((await get('server:9080/count'))?.body ?? '{}').count;
    };
    expect(await attempts()).toBe(1);
    await within({ defaultHttpRetryPolicy: { attempts: 2, retryOn: '503' } }, async () => {
      await reaches('a request is tried three times', 3, attempts);
    });
    await reaches('it is tried once', 1, attempts);
  });

  test('namespaces that are not selected are not part of the mesh', async () => {
    const far = async () => (await get('far.other:9080/headers'))?.status;
    expect(await far()).toBe(200);
    const registryOnly = { outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } };
    const selectors = [{ matchLabels: { 'kubernetes.io/metadata.name': 'default' } }];
    await within({ ...registryOnly, discoverySelectors: selectors }, async () => {
      await reaches('far is unknown', 502, far);
      expect((await get('server:9080/headers'))?.status).toBe(200);
    });
    await reaches('far is known again', 200, far);
  });

  test('a bad one changes nothing, and the next good one does', async () => {
    await within({ pathNormalization: { normalization: 'MERGE_SLASHES' } }, async () => {
      await reaches('slashes are merged', '/a', () => pathOf('//a'));
      await mesh.apply('mesh-config.yaml', configMap({ pathNormalization: { normalization: 'NONSENSE' } }));
      expect(await pathOf('//a')).toBe('/a');
      await mesh.apply('mesh-config.yaml', configMap({ accessLogFile: '' }));
      await reaches('slashes are as they were', '//a', () => pathOf('//a'));
    });
  });
});
