import { expect, test } from 'vitest';
import type { JsonObject } from '../model/json.ts';
import type { SourceObject } from '../source/object-source.ts';
import { ObjectStore } from '../source/object-store.ts';
import { LatestChanges } from './latest-changes.ts';

function object(kind: string, name: string, content: JsonObject = {}, apiVersion = 'v1'): SourceObject {
  const place = { kind, namespace: 'shop', name };
  return { apiVersion, ...place, object: { metadata: { name }, ...content }, origin: place };
}
const route = (content: JsonObject) => object('VirtualService', 'cart', content, 'networking.istio.io/v1');

function start() {
  const store = new ObjectStore();
  const clock = { now: 1_000_000 };
  const source = {
    objectsSynced: false,
    onObjects: (listener: Parameters<ObjectStore['follow']>[0]) => store.follow(listener),
  };
  const changes = new LatestChanges({ now: () => clock.now });
  const stop = changes.follow(source);
  const told = () => changes.page().changes.map(({ what, kind, name }) => `${what} ${kind} ${name}`);
  return { store, clock, source, changes, told, stop };
}

function synced() {
  const started = start();
  started.store.change([route({ spec: { hosts: ['cart'] } })], []);
  started.source.objectsSynced = true;
  started.store.change([object('Pod', 'cart-1', { status: { phase: 'Pending' } })], []);
  return started;
}

test('what is there at the beginning is no change', () => {
  const { told, changes } = synced();
  expect(told()).toEqual([]);
  expect(changes.page().since).toBe(1_000_000);
});

test('resources that come, change and go, and pods that come and go, the newest first', () => {
  const { store, told } = synced();
  store.change([route({ spec: { hosts: ['cart'], http: [] } })], []);
  store.change([object('Pod', 'cart-2')], ['Pod shop/cart-1']);
  store.change([object('Service', 'cart')], []);
  store.change([], ['VirtualService shop/cart']);
  expect(told()).toEqual([
    'removed VirtualService cart',
    'added Service cart',
    'added Pod cart-2',
    'removed Pod cart-1',
    'changed VirtualService cart',
  ]);
});

test('a status, a pod that becomes ready, who applied it, and what is no matter of calls are no change', () => {
  const { store, told } = synced();
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}' };
  const metadata = { name: 'cart', resourceVersion: '2', managedFields: [{ manager: 'x' }], annotations };
  store.change([route({ spec: { hosts: ['cart'] }, status: { x: 1 }, metadata })], []);
  store.change([object('Pod', 'cart-1', { status: { phase: 'Running' } })], []);
  store.change([object('EndpointSlice', 'cart-x'), object('Secret', 'key'), object('ConfigMap', 'kube-root')], []);
  store.change([object('ConfigMap', 'istio-ca-root-cert', { data: { x: '1' } })], []);
  expect(told()).toEqual([]);
});

test('what cannot be compared has changed', () => {
  const { store, told } = synced();
  const unlike = {
    get hosts(): never {
      throw new RangeError('Maximum call stack size exceeded');
    },
  };
  store.change([route({ spec: unlike })], []);
  expect(told()).toEqual(['changed VirtualService cart']);
});

test('what the mesh is configured with is one', () => {
  const { store, told } = synced();
  store.change([object('ConfigMap', 'istio', { data: { mesh: 'a: 1' } })], []);
  expect(told()).toEqual(['added ConfigMap istio']);
});

test('bounded in number and in time', () => {
  const { store, clock, told } = synced();
  for (let at = 0; at < 300; at++) store.change([object('Pod', `cart-${at + 2}`)], []);
  expect(told()).toHaveLength(100);
  expect(told()[0]).toBe('added Pod cart-301');
  clock.now += 900_001;
  expect(told()).toEqual([]);
});
