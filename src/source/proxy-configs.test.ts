import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { JsonObject } from '../model/json.ts';
import type { SourceObject } from './object-source.ts';
import { ObjectStore } from './object-store.ts';
import { ProxyConfigs } from './proxy-configs.ts';

function object(name: string, namespace: string, spec: string, createdAt = '2026-01-02T00:00:00Z'): SourceObject {
  const place = { kind: 'ProxyConfig', namespace, name };
  const metadata = { name, namespace, creationTimestamp: createdAt };
  const whole = { apiVersion: 'networking.istio.io/v1beta1', kind: 'ProxyConfig', metadata, spec: parse(spec) };
  return { apiVersion: whole.apiVersion, ...place, object: whole as JsonObject, origin: place };
}

function storeOf(...objects: SourceObject[]) {
  const store = new ObjectStore();
  store.change(objects, []);
  return { store, configs: new ProxyConfigs(store, ['root', 'istio-system']) };
}

test('the root namespace, the own namespace, the one that selects, in the words of the mesh', () => {
  const { configs } = storeOf(
    object('root', 'istio-system', '{concurrency: 1, image: {imageType: debug}}'),
    object('wide', 'a', '{environmentVariables: {A: b}}'),
    object('own', 'a', '{selector: {matchLabels: {app: x}}, concurrency: 0}'),
    object('elsewhere', 'b', '{concurrency: 7}'),
  );
  expect(configs.layers('a', { app: 'x', more: 'y' })).toEqual({
    wide: [{ concurrency: 1, image: { imageType: 'debug' } }, { proxyMetadata: { A: 'b' } }],
    own: { concurrency: 0 },
  });
  expect(configs.layers('a', { app: 'y' })?.own).toBeUndefined();
  expect(configs.layers('istio-system', {})).toEqual({ wide: [{ concurrency: 1, image: { imageType: 'debug' } }] });
  expect(configs.layers('c', {})?.wide).toEqual([{ concurrency: 1, image: { imageType: 'debug' } }]);
});

test('the first root namespace that has one counts, and of several the oldest', () => {
  const { configs } = storeOf(
    object('second', 'istio-system', '{concurrency: 1}'),
    object('young', 'root', '{concurrency: 2}', '2026-01-03T00:00:00Z'),
    object('old', 'root', '{concurrency: 3}'),
    object('b', 'a', '{selector: {matchLabels: {app: x}}, concurrency: 4}'),
    object('a', 'a', '{selector: {matchLabels: {app: x}}, concurrency: 5}'),
  );
  expect(configs.layers('a', { app: 'x' })).toEqual({ wide: [{ concurrency: 3 }], own: { concurrency: 5 } });
});

test('none of it: nothing; a bad one is left out; changes are followed', () => {
  const { store, configs } = storeOf(object('bad', 'a', '{concurrency: -1}'));
  expect(configs.layers('a', {})).toBeUndefined();
  store.change([object('bad', 'a', '{concurrency: 2}')], []);
  expect(configs.layers('a', {})?.wide).toEqual([{ concurrency: 2 }]);
  store.change([object('bad', 'a', '{environmentVariables: {POD_NAME: x}}')], []);
  expect(configs.layers('a', {})).toBeUndefined();
  store.change([object('bad', 'a', '{concurrency: 3}')], []);
  store.change([], ['ProxyConfig a/bad']);
  expect(configs.layers('a', {})).toBeUndefined();
});
