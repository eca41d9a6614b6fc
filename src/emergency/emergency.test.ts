import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../model/json.ts';
import { type EmergencyCluster, eventOf, protectionOf, scopeOf, statesIn, whoAsks } from './cluster.ts';
import { lossesOf } from './losses.ts';
import { emergencyObject, parseTarget } from './scope.ts';
import { emergencyLine, stateOf } from './state.ts';

/** The objects of a cluster by their paths; lists are those of the path before the name. */
function clusterOf(
  objects: Readonly<Record<string, JsonObject>>,
  lists: Readonly<Record<string, JsonObject[]>> = {},
): EmergencyCluster {
  return {
    get: async (path) => objects[path],
    list: async (path) => lists[path] ?? [],
    create: async () => ({ status: { userInfo: { username: 'alice' } } }),
    remove: async () => true,
  };
}

const apps = '/apis/apps/v1/namespaces/shop';
const cart = { spec: { selector: { matchLabels: { app: 'cart' } } } };
const around = { namespace: 'shop', rootNamespace: 'outrigger-system' };
const found = clusterOf({ [`${apps}/deployments/cart`]: cart, '/api/v1/namespaces/store': {} });

describe('a target', () => {
  test.each([
    ['mesh', { kind: 'mesh' }],
    ['ns/shop', { kind: 'namespace', name: 'shop' }],
    ['namespace/shop', { kind: 'namespace', name: 'shop' }],
    ['deploy/cart', { kind: 'workload', plural: 'deployments', name: 'cart' }],
    ['sts/db', { kind: 'workload', plural: 'statefulsets', name: 'db' }],
    ['DaemonSet/agent', { kind: 'workload', plural: 'daemonsets', name: 'agent' }],
    ['cart', { kind: 'name', name: 'cart' }],
    ['pod/cart', undefined],
    ['../etc', undefined],
    ['a/b/c', undefined],
    ['', undefined],
    ['Cart', undefined],
  ])('%s', (text, expected) => expect(parseTarget(text)).toEqual(expected));

  test('is a workload of the namespace, else a namespace, else an error', async () => {
    const scope = async (text: string) => scopeOf(found, parseTarget(text) ?? { kind: 'mesh' }, around);
    expect(await scope('cart')).toMatchObject({ namespace: 'shop', labels: { app: 'cart' }, slug: 'deployment-cart' });
    expect(await scope('store')).toEqual({ title: 'namespace store', namespace: 'store', slug: 'namespace' });
    expect(await scope('mesh')).toMatchObject({ namespace: 'outrigger-system', slug: 'mesh' });
    await expect(scope('nobody')).rejects.toMatchObject({ code: 'OR2560' });
    await expect(scope('deploy/store')).rejects.toMatchObject({ code: 'OR2560' });
  });
});

test('who asks is who the API server says, and nobody where it says nothing', async () => {
  expect(await whoAsks(found)).toBe('alice');
  expect(await whoAsks({ ...found, create: async () => ({}) })).toBe('');
});

test('what would be lost is that of the namespace and of the roots, or all of it', async () => {
  const policy = (namespace: string) => ({ metadata: { namespace, name: 'p' }, spec: {} });
  const peer = (namespace: string, mode: string) => ({ metadata: { namespace, name: 'm' }, spec: { mtls: { mode } } });
  const cluster = clusterOf(
    {},
    {
      '/apis/security.istio.io/v1/authorizationpolicies': [policy('shop'), policy('far'), policy('istio-system')],
      '/apis/security.istio.io/v1/namespaces/shop/authorizationpolicies': [policy('shop')],
      '/apis/security.istio.io/v1/namespaces/istio-system/authorizationpolicies': [policy('istio-system')],
      '/apis/security.istio.io/v1/namespaces/shop/peerauthentications': [peer('shop', 'STRICT')],
      '/apis/security.istio.io/v1/peerauthentications': [peer('shop', 'STRICT'), peer('istio-system', 'PERMISSIVE')],
    },
  );
  const roots = ['istio-system'];
  const shop = { title: '', namespace: 'shop', slug: '' };
  expect(await protectionOf(cluster, shop, roots)).toEqual({
    policies: ['shop/p', 'istio-system/p'],
    strict: ['shop/m'],
  });
  expect((await protectionOf(cluster, { ...shop, namespace: 'istio-system' }, roots)).policies).toHaveLength(3);
  const lost = lossesOf('bypass', { policies: ['shop/p'], strict: [] }).join('\n');
  expect(lost).toContain('AuthorizationPolicies that refuse nothing then: shop/p.');
  expect(lost).toContain('PeerAuthentications of STRICT: none.');
});

test('its object, its event and its state', async () => {
  const scope = { title: 'deployment shop/cart', namespace: 'shop', labels: { app: 'cart' }, slug: 'cart' };
  const object = emergencyObject(scope, { level: 'authz', ttl: '15m', reason: 'INC-7', by: 'alice' });
  expect(object.metadata).toEqual({ generateName: 'authz-cart-', namespace: 'shop' });
  const created = {
    ...object,
    metadata: { ...object.metadata, name: 'cart-authz', creationTimestamp: '2026-11-21T10:00:00Z' },
  };
  const now = new Date('2026-11-21T10:05:00Z');
  const state = stateOf(created as unknown as JsonObject, now);
  expect(state).toMatchObject({ pods: 'app=cart', inForce: true, until: new Date('2026-11-21T10:15:00Z') });
  if (state === undefined) throw new Error('no state');
  expect(emergencyLine(state, now)).toBe('emergency shop/cart-authz: authz of app=cart, 600 s left, by alice: INC-7');
  expect(eventOf(state, 'm', now)).toMatchObject({ type: 'Warning', metadata: { namespace: 'shop' } });
  const late = stateOf(created as unknown as JsonObject, new Date('2026-11-21T10:15:00Z'));
  expect(late?.inForce).toBe(false);
  expect(stateOf({ spec: {} }, now)).toBeUndefined();
  const listed = clusterOf({}, { '/apis/outrigger.io/v1alpha1/emergencies': [created as unknown as JsonObject, {}] });
  expect(await statesIn(listed, now, 'shop')).toHaveLength(1);
});
