import { expect, test } from 'vitest';
import type { Json } from '../../model/json.ts';
import { isDeeper } from '../../model/json-depth.ts';
import type { ObjectChanges } from '../object-source.ts';
import { ObjectStore } from '../object-store.ts';
import { feedOf } from './object-feed.ts';
import { pruneConfig, prunePod } from './prune-objects.ts';

test('of a pod, what its proxy is told to say of itself is kept', () => {
  const network = { name: 'ISTIO_META_NETWORK', value: 'east' };
  const node = { name: 'ISTIO_META_NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } };
  const env = [network, node, { name: 'SECRET', value: 'x' }];
  const spec = {
    containers: [{ name: 'app', image: 'app', env, ports: [{ containerPort: 80 }] }],
    initContainers: [{ name: 'istio-proxy', image: 'proxy', env }],
  };
  expect(prunePod({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec }).spec).toEqual({
    containers: [{ name: 'app', ports: [{ containerPort: 80 }] }],
    initContainers: [{ name: 'istio-proxy', env: [network] }],
  });
});

test('of the entry of a machine, when its proxy was seen is kept: by that others know who renews it', () => {
  const annotations = { 'istio.io/autoRegistrationGroup': 'ledger', 'proxy.outrigger.io/seen-at': 'now' };
  const entry = { apiVersion: 'networking.istio.io/v1', kind: 'WorkloadEntry', metadata: { name: 'm', annotations } };
  expect(pruneConfig({ ...entry, spec: {} }).metadata).toEqual({ name: 'm', annotations });
});

test('an object that the API server takes and no recursion does stops nobody, and is too deep for its readers still', () => {
  const store = new ObjectStore();
  const changes: ObjectChanges[] = [];
  store.follow((change) => changes.push(change));
  const place = { kind: 'EnvoyFilter', namespace: 'shop', name: 'f' };
  const about = { apiVersion: 'networking.istio.io/v1alpha3', kind: 'EnvoyFilter', metadata: { name: 'f' } };
  const written = (depth: number) => {
    const value = JSON.parse(`${'{"a":[2,'.repeat(depth)}1${']}'.repeat(depth)}`) as Json;
    return pruneConfig({ ...about, spec: { configPatches: [{ applyTo: 'CLUSTER', patch: { value } }], priority: 7 } });
  };
  for (const object of [written(4000), written(4000), written(4500)])
    feedOf(store).replace([{ ...place, apiVersion: about.apiVersion, object, origin: place }]);
  expect(changes.length).toBe(1);
  const spec = changes[0]?.upserts[0]?.object['spec'];
  expect(isDeeper(spec, 100)).toBe(true);
  expect(isDeeper(spec, 250)).toBe(false);
  expect(spec).toMatchObject({ configPatches: [{ patch: { value: { a: [2, { a: [2, {}] }] } } }], priority: 7 });
  const plain = { priority: 1 };
  expect(pruneConfig({ ...about, spec: plain })['spec']).toBe(plain);
});
