import { expect, test, vi } from 'vitest';
import { OutriggerError } from '../errors.ts';
import type { JsonObject } from '../model/json.ts';
import { besideOthers } from './apply-part.ts';
import { buildManifests } from './build-manifests.ts';
import type { InstallCluster } from './cluster.ts';
import { beforeInstall, sayable } from './install.ts';
import { holdLease } from './install-lease.ts';
import { defaultManifestOptions } from './manifest-options.ts';
import type { Progress } from './progress.ts';
import { whyNotReady } from './readiness.ts';
import { sayRights } from './rights.ts';
import { tagOf } from './versions.ts';

const now = new Date('2026-11-21T12:00:00Z');

function clusterAt(time: Date, answers: Partial<InstallCluster> = {}): InstallCluster {
  const none = async () => undefined;
  const given = async (_: string, body: object) => ({ ...(body as JsonObject), status: { allowed: true } });
  return {
    ...{ get: none, list: async () => [], apply: given, create: given, replace: given, merge: given },
    ...{ remove: async () => true, serverTime: async () => time },
    ...answers,
  };
}

const told: Progress[] = [];
const before = (cluster: InstallCluster) =>
  beforeInstall({ cluster, draft: {}, now: () => now, onProgress: (progress) => void told.push(progress) });

test('a clock that is hours off is refused, minutes are told, seconds are nothing', async () => {
  const at = (ms: number) => new Date(now.getTime() + ms);
  await expect(before(clusterAt(at(7_200_000)))).rejects.toMatchObject({
    code: 'OR2514',
    detail: 'this machine is 2 h behind the API server',
  });
  expect(told).toEqual([]);
  expect(await before(clusterAt(at(-300_000)))).toMatchObject({ skewMs: 300_000 });
  expect(told).toEqual([
    { kind: 'warning', text: 'The clocks disagree: this machine is 5 min ahead of the API server' },
  ]);
  expect(await before(clusterAt(at(1000)))).toMatchObject({ skewMs: 0 });
  expect(sayable(-90_000)).toBe('this machine is 90 s behind the API server');
});

test('a right that is denied stops it', async () => {
  const denied = clusterAt(now, {
    create: async (_, body) => {
      const { resource } = (body as { spec: { resourceAttributes: { resource: string } } }).spec.resourceAttributes;
      return { status: { allowed: resource !== 'clusterroles' } };
    },
  });
  await expect(before(denied)).rejects.toMatchObject({
    code: 'OR2503',
    detail: 'you may not get, create, patch: clusterroles.rbac.authorization.k8s.io',
  });
});

test('rights are told together', () => {
  const right = (verb: string, resource: string, namespace?: string) => ({
    ...{ verb, resource, group: resource === 'pods' ? '' : 'apps' },
    ...(namespace === undefined ? {} : { namespace }),
  });
  expect(sayRights([right('get', 'pods'), right('get', 'x'), right('list', 'x', 'a'), right('get', 'x', 'a')])).toBe(
    'get: pods, x.apps; list, get in a: x.apps',
  );
});

test('kinds of another mesh stay when they have the versions, and are an error when not', () => {
  const crd = buildManifests({ ...defaultManifestOptions, caPem: 'x' }).find(({ metadata }) =>
    metadata.name.startsWith('virtualservices'),
  );
  if (crd === undefined) throw new Error('there is no such kind');
  const theirs = (...versions: string[]): JsonObject => ({
    metadata: { labels: { app: 'istio' } },
    spec: { versions: versions.map((name) => ({ name, served: true })) },
  });
  expect(besideOthers(crd, theirs('v1alpha3', 'v1beta1', 'v1'))).toBeUndefined();
  expect(() => besideOthers(crd, theirs('v1alpha3'))).toThrow(expect.objectContaining({ code: 'OR2511' }));
  expect(besideOthers(crd, undefined)).toBe(crd);
});

test('a namespace that somebody else made does not become ours', () => {
  const [namespace] = buildManifests({ ...defaultManifestOptions, caPem: 'x' });
  if (namespace === undefined) throw new Error('there is no namespace');
  expect(besideOthers(namespace, { metadata: { labels: {} } })?.metadata.labels).toEqual({
    'pod-security.kubernetes.io/enforce': 'restricted',
    'pod-security.kubernetes.io/enforce-version': 'latest',
  });
});

test('the lease: of two who come at once one gets it', async () => {
  const taken = clusterAt(now, {
    create: async () => {
      throw new OutriggerError('OR2505', 'it is there');
    },
  });
  const hold = { namespace: 'outrigger-system', holder: 'bob', now: () => now };
  await expect(holdLease(taken, hold)).rejects.toMatchObject({ code: 'OR2506' });
  const removed: string[] = [];
  const free = clusterAt(now, {
    remove: async (path) => {
      removed.push(path);
      return true;
    },
  });
  await (await holdLease(free, hold)).release();
  expect(removed).toEqual(['/apis/coordination.k8s.io/v1/namespaces/outrigger-system/leases/outrigger-install']);
});

test('the lease: whoever loses it is told, and does not take it from its new holder', async () => {
  vi.useFakeTimers();
  try {
    const removed: unknown[] = [];
    const sent: JsonObject[] = [];
    let foreign = false;
    const cluster = clusterAt(now, {
      get: async () => (foreign ? { spec: { holderIdentity: 'eve', acquireTime: 'noon' } } : undefined),
      create: async (_, body) => ({ ...(body as JsonObject), metadata: { resourceVersion: '1' } }),
      replace: async (_, body) => {
        if (foreign) throw new OutriggerError('OR2505', 'it has changed');
        sent.push(body as JsonObject);
        return { ...(body as JsonObject), metadata: { resourceVersion: '2' } };
      },
      remove: async (_, preconditions) => removed.push(preconditions) > 0,
    });
    let time = now;
    const hold = { namespace: 'outrigger-system', holder: 'bob', now: () => time };
    const first = await holdLease(cluster, hold);
    time = new Date(now.getTime() + 10_000);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(sent).toMatchObject([
      { spec: { acquireTime: '2026-11-21T12:00:00.000000Z', renewTime: '2026-11-21T12:00:10.000000Z' } },
    ]);
    expect(() => first.check()).not.toThrow();
    await first.release();
    expect(removed).toEqual([{ resourceVersion: '2' }]);
    const second = await holdLease(cluster, hold);
    foreign = true;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(() => second.check()).toThrow(/OR2506 eve changes the installation since noon/);
    await second.release();
    expect(removed).toHaveLength(1);
  } finally {
    vi.useRealTimers();
  }
});

test.each([
  [{ kind: 'CustomResourceDefinition', status: { conditions: [{ type: 'Established', status: 'True' }] } }, undefined],
  [{ kind: 'CustomResourceDefinition' }, 'it is not established yet'],
  [
    { kind: 'Deployment', metadata: { generation: 2 }, status: { observedGeneration: 1 } },
    'its controller has not seen it yet',
  ],
  [
    { kind: 'Deployment', spec: { replicas: 2 }, status: { updatedReplicas: 2, availableReplicas: 1 } },
    '1 of 2 replicas are available',
  ],
  [{ kind: 'Deployment', spec: { replicas: 2 }, status: { updatedReplicas: 2, availableReplicas: 2 } }, undefined],
  [{ kind: 'Deployment', spec: { replicas: 0 }, status: {} }, undefined],
  [{ kind: 'Service' }, undefined],
])('%j: %s', (object, why) => {
  expect(whyNotReady(object as JsonObject)).toBe(why);
});

test.each([
  ['outrigger/proxy:0.1.0', '0.1.0'],
  ['registry:5000/outrigger/proxy', 'latest'],
  ['registry:5000/proxy:1@sha256:abc', '1'],
  ['proxy@sha256:0123456789abcdef', 'sha256:0123456789ab'],
])('the version of %s is %s', (image, version) => expect(tagOf(image)).toBe(version));
