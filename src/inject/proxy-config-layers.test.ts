import { expect, test } from 'vitest';
import { injector, namespace, podOf, settings, texts } from '../../test/injector-fixture.ts';
import type { ProxyConfigLayers } from '../model/pod.ts';
import { buildInjector } from './build-injector.ts';
import { rememberInjections } from './remembering.ts';

const annotation = (config: object) => ({ 'proxy.istio.io/config': JSON.stringify(config) });

function proxyOf(proxyConfigs: ProxyConfigLayers | undefined, annotations = {}, by = injector) {
  const { pod } = by.inject({ pod: podOf(annotations), namespace, nodes: [], proxyConfigs });
  const proxy = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].find(({ name }) => name === 'istio-proxy');
  const args = proxy?.args ?? [];
  return {
    image: proxy?.image,
    concurrency: args[args.indexOf('--concurrency') + 1],
    env: Object.fromEntries((proxy?.env ?? []).map(({ name, value }) => [name, value])),
  };
}

const meshWide = buildInjector(
  {
    ...settings,
    mesh: { ...settings.mesh, defaultConfig: { concurrency: 1, proxyMetadata: { A: 'mesh', B: 'mesh' } } },
  },
  texts,
);

test.each<[string, ProxyConfigLayers | undefined, object, string]>([
  ['the mesh', undefined, {}, '1'],
  ['a root namespace', { wide: [{ concurrency: 2 }] }, {}, '2'],
  ['the namespace', { wide: [{ concurrency: 2 }, { concurrency: 3 }] }, {}, '3'],
  ['the annotation', { wide: [{ concurrency: 2 }, { concurrency: 3 }] }, annotation({ concurrency: 4 }), '4'],
  [
    'the one that selects',
    { wide: [{ concurrency: 3 }], own: { concurrency: 5 } },
    annotation({ concurrency: 4 }),
    '5',
  ],
])('%s decides', (_, layers, annotations, threads) => {
  expect(proxyOf(layers, annotations, meshWide).concurrency).toBe(threads);
});

test('variables are merged name by name; the image has its type', () => {
  const layers = {
    wide: [{ proxyMetadata: { B: 'namespace', C: 'namespace' }, image: { imageType: 'debug' } }],
    own: { proxyMetadata: { C: 'own' } },
  };
  const { env, image } = proxyOf(layers, annotation({ proxyMetadata: { B: 'annotation' } }), meshWide);
  expect(env).toMatchObject({ A: 'mesh', B: 'annotation', C: 'own' });
  expect(image).toMatch(/-debug$/);
});

test('an injection is remembered with what ProxyConfigs say', () => {
  const remembering = rememberInjections(injector, 10);
  const ask = (proxyConfigs?: ProxyConfigLayers) =>
    remembering.inject({ pod: podOf(), namespace, nodes: [], proxyConfigs }).patchBase64;
  const [none, two, again] = [ask(), ask({ wide: [{ concurrency: 3 }] }), ask()];
  expect(none).toBe(again);
  expect(two).not.toBe(none);
  expect(remembering.size).toBe(2);
});
