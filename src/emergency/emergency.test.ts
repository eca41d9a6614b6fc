import { describe, expect, test } from 'vitest';
import { OutriggerError } from '../errors.ts';
import type { JsonObject } from '../model/json.ts';
import { type EmergencyCluster, scopeOf, statesIn, whoAsks } from './cluster.ts';
import { lossesOf } from './losses.ts';
import { protectionOf } from './protection.ts';
import { type EmergencyLevel, emergencyObject, parseTarget, type Scope } from './scope.ts';
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

describe('what would be lost', () => {
  const base = '/apis/security.istio.io/v1';
  const named = (namespace: string, name: string, spec: JsonObject, annotations: JsonObject = {}): JsonObject => ({
    metadata: { namespace, name, annotations },
    spec,
  });
  const pod = (namespace: string, app: string, container = 'istio-proxy'): JsonObject => ({
    metadata: { namespace, name: `${app}-1`, labels: { app } },
    spec: { containers: [{ name: container }] },
    status: { phase: 'Running', podIP: '10.0.0.1', conditions: [{ type: 'Ready', status: 'True' }] },
  });
  const of = (app: string): JsonObject => ({ selector: { matchLabels: { app } } });
  const shop = [pod('shop', 'cart'), pod('shop', 'pay'), pod('shop', 'bare', 'web')];
  const policies = [
    named('shop', 'only-cart', { ...of('cart'), action: 'DENY', rules: [{}] }),
    named('shop', 'only-pay', of('pay')),
    named('shop', 'tried', {}, { 'istio.io/dry-run': 'true' }),
    named('shop', 'audited', { action: 'AUDIT', rules: [{}] }),
    named('shop', 'for-a-gateway', {
      targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'g' }],
    }),
  ];
  const root = [named('istio-system', 'asks', { action: 'CUSTOM', provider: { name: 'x' }, rules: [{}] })];
  const peers = [
    named('shop', 'strict-pay', { ...of('pay'), mtls: { mode: 'STRICT' } }),
    // STRICT stands in it, and holds for nothing: a port of nobody's pods.
    named('shop', 'strict-other', { ...of('other'), portLevelMtls: { 80: { mode: 'STRICT' } } }),
  ];
  const cluster = clusterOf(
    {},
    {
      '/api/v1/namespaces/shop/pods': shop,
      '/api/v1/pods': [...shop, pod('far', 'web')],
      [`${base}/authorizationpolicies`]: [...policies, ...root],
      [`${base}/namespaces/shop/authorizationpolicies`]: policies,
      [`${base}/namespaces/istio-system/authorizationpolicies`]: root,
      [`${base}/namespaces/shop/peerauthentications`]: peers,
      [`${base}/peerauthentications`]: peers,
    },
  );
  const lost = async (level: EmergencyLevel, scope: Partial<Scope>, from: EmergencyCluster = cluster) => {
    const whole = { title: '', namespace: 'shop', slug: '', ...scope };
    return lossesOf(level, await protectionOf(from, whole, ['istio-system'])).join('\n');
  };

  test('is what holds for these pods, and how many of them', async () => {
    const namespace = await lost('bypass', {});
    expect(namespace).toContain(
      'Now requests are refused by: istio-system/asks (CUSTOM), shop/only-cart (DENY, 1 of 2 pods), shop/only-pay (ALLOW, 1 of 2 pods).',
    );
    expect(namespace).toContain('policies of CUSTOM ask are not asked');
    expect(namespace).toContain('Now plaintext is refused by: shop/strict-pay (1 of 2 pods).');
    const cart = await lost('authz', { labels: { app: 'cart' } });
    expect(cart).toContain('Now requests are refused by: istio-system/asks (CUSTOM), shop/only-cart (DENY).');
    expect(cart).not.toContain('plaintext is refused');
    expect(await lost('plaintext', { labels: { app: 'cart' } })).toContain(
      'Now plaintext is refused by: nothing. There is nothing of it to lose.',
    );
    const mesh = await lost('plaintext', { namespace: 'istio-system' });
    expect(mesh).toContain('Now plaintext is refused by: shop/strict-pay (1 of 3 pods).');
    expect(await lost('authz', { labels: { app: 'bare' } })).toContain('No pod with a proxy is there now');
    expect(await lost('inject', {})).not.toContain('Now ');
  });

  test('is not known where it may not be read', async () => {
    const without = (plural: string): EmergencyCluster => ({
      ...cluster,
      list: async (path) => {
        if (path.endsWith(plural)) throw new OutriggerError('OR2503', path);
        return cluster.list(path);
      },
    });
    expect(await lost('authz', {}, without('/authorizationpolicies'))).toContain(
      'Now requests are refused by: not known, as you may not list authorizationpolicies.',
    );
    expect(await lost('bypass', {}, without('/pods'))).toContain('you may not list pods');
  });
});

test('its object and its state', async () => {
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
  const late = stateOf(created as unknown as JsonObject, new Date('2026-11-21T10:15:00Z'));
  expect(late?.inForce).toBe(false);
  expect(stateOf({ spec: {} }, now)).toBeUndefined();
  const listed = clusterOf({}, { '/apis/outrigger.io/v1alpha1/emergencies': [created as unknown as JsonObject, {}] });
  const told: string[] = [];
  expect(await statesIn(listed, now, 'shop', (error) => told.push(error.message))).toHaveLength(1);
  expect(told).toEqual([]);
  const refusing = {
    ...listed,
    list: async (path: string) => {
      if (!path.includes('/namespaces/')) throw new OutriggerError('OR2503', path);
      return [created as unknown as JsonObject];
    },
  };
  expect(await statesIn(refusing, now, 'shop', (error) => told.push(error.message))).toHaveLength(1);
  expect(told).toEqual([expect.stringMatching(/^OR2553 emergencies of other namespaces than shop cannot be listed/)]);
});
