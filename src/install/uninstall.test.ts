import { expect, test } from 'vitest';
import { OutriggerError } from '../errors.ts';
import type { JsonObject } from '../model/json.ts';
import type { InstallCluster } from './cluster.ts';
import { uninstall } from './uninstall.ts';
import type { UninstallPlan } from './uninstall-plan.ts';

const plan: UninstallPlan = {
  objects: [
    { kind: 'MutatingWebhookConfiguration', metadata: { name: 'w' } },
    { kind: 'ClusterRole', metadata: { name: 'r' } },
    { kind: 'Deployment', metadata: { name: 'd', namespace: 'outrigger-system' } },
  ],
  ...{ namespaces: ['outrigger-system'], mirrored: [], asking: [], injected: [], lost: [], keptKinds: undefined },
};

interface Given {
  readonly denied?: string;
  readonly failing?: string;
  readonly code?: string;
  /** Names of ClusterRoles that come again. */
  readonly stays?: readonly string[];
  /** Who holds it. */
  readonly lease?: string;
  /** Rounds after which what comes again is gone. */
  readonly slow?: number;
  /** Pods of the control plane, which do not end. */
  readonly pods?: number;
  /** It is interrupted when this is asked for. */
  readonly interruptedAt?: string;
}

const leaseFor = (holderIdentity: string) => ({
  metadata: { resourceVersion: '1' },
  spec: { holderIdentity, acquireTime: 'noon', renewTime: new Date(0).toISOString(), leaseDurationSeconds: 30 },
});

/** Denies rights to a resource, and fails at the removal of a path. */
function run({
  denied = '',
  failing = '',
  code = 'OR1630',
  stays = [],
  lease,
  slow = 0,
  pods = 0,
  interruptedAt,
}: Given) {
  const interrupt = new AbortController();
  const removed: string[] = [];
  let held = lease;
  let rounds = 0;
  const cluster: InstallCluster = {
    get: async (path) => {
      if (path === interruptedAt) interrupt.abort();
      if (path.includes('/leases/')) return held === undefined ? undefined : leaseFor(held);
      return path.endsWith('/namespaces/outrigger-system') && !removed.includes(path) ? { metadata: {} } : undefined;
    },
    list: async (path) => {
      if (path === interruptedAt) interrupt.abort();
      if (path.endsWith('/pods')) return Array.from({ length: pods }, (_, at) => ({ metadata: { name: `p${at}` } }));
      if (!path.endsWith('/clusterroles') || (slow > 0 && rounds++ >= slow)) return [];
      return stays.map((name) => ({ metadata: { name } }));
    },
    apply: async (_, body) => ({ ...body }),
    replace: async (_, body) => ({ ...body }),
    merge: async (_, body) => ({ ...body }),
    create: async (path, body) => {
      if (path.endsWith('/leases')) {
        held = (body as { spec: { holderIdentity: string } }).spec.holderIdentity;
        return body as JsonObject;
      }
      const { resource } = (body as { spec: { resourceAttributes: { resource: string } } }).spec.resourceAttributes;
      return { status: { allowed: resource !== denied } };
    },
    serverTime: async () => undefined,
    remove: async (path) => {
      if (failing !== '' && path.includes(failing)) throw new OutriggerError(code as 'OR1630', 'no answer');
      if (path.includes('/leases/')) held = undefined;
      else removed.push(path);
      return true;
    },
  };
  const done = uninstall(
    {
      ...{ cluster, scope: { namespace: 'outrigger-system', revision: undefined, purge: false }, timeoutMs: 0 },
      ...{
        holder: 'me',
        signal: interrupt.signal,
        onDone: () => {},
        now: () => new Date(0),
        sleep: async () => {},
      },
    },
    plan,
  );
  return { done, removed, holder: () => held };
}

test('a right that is missing is told before anything is removed', async () => {
  for (const [denied, detail] of [
    ['clusterroles', 'you may not delete: clusterroles.rbac.authorization.k8s.io'],
    ['namespaces', 'you may not delete: namespaces'],
    ['deployments', 'you may not delete in outrigger-system: deployments.apps'],
  ]) {
    const { done, removed } = run({ denied: denied ?? '' });
    await expect(done).rejects.toMatchObject({ code: 'OR2503', detail });
    expect(removed).toEqual([]);
  }
});

test.each(['OR1630', 'OR2503'])('what was done before %s is said', async (code) => {
  const { done, removed } = run({ failing: 'clusterroles', code });
  const detail = expect.stringMatching(
    new RegExp(
      `^done: Webhooks \\(1 removed\\), Control plane and gateways \\(1 removed\\)\\. Then: ${code} no answer$`,
    ),
  );
  await expect(done).rejects.toMatchObject({ code: 'OR2508', detail });
  expect(removed.length).toBe(2);
});

test('with all rights all is removed', async () => {
  const { done, removed } = run({});
  await done;
  expect(removed.length).toBe(4);
});

test('what is made again and again is named, and its namespace stays', async () => {
  const stays = Array.from({ length: 12 }, (_, index) => `r${index}`);
  const { done, removed, holder } = run({ stays });
  await expect(done).rejects.toMatchObject({
    ...{ code: 'OR2520', detail: expect.stringMatching(/^ClusterRole r0, .*ClusterRole r9 and 2 more$/) },
  });
  expect(removed.some((path) => path.endsWith('/namespaces/outrigger-system'))).toBe(false);
  expect(holder()).toBeUndefined();
});

test.each([
  ['pods that do not end', { pods: 1, interruptedAt: '/api/v1/namespaces/outrigger-system/pods' }, 2],
  ['what is left in the namespace', { interruptedAt: '/apis' }, 3],
])('who interrupts it at %s waits no longer, and the namespace stays', async (_, given, many) => {
  const { done, removed } = run(given);
  await expect(done).rejects.toMatchObject({ code: 'OR2508', detail: expect.stringContaining('it was interrupted') });
  expect(removed).toHaveLength(many);
});

test('what takes its time to end is waited for', async () => {
  const { done, removed } = run({ stays: ['r'], slow: 3 });
  await done;
  expect(removed.at(-1)).toContain('/namespaces/outrigger-system');
});

test('who meets somebody that installs removes nothing, and lets nobody in but itself', async () => {
  const { done, removed, holder } = run({ lease: 'eve@her-machine' });
  await expect(done).rejects.toMatchObject({
    code: 'OR2506',
    detail: 'eve@her-machine changes the installation since noon',
  });
  expect([removed, holder()]).toEqual([[], 'eve@her-machine']);
  const free = run({});
  await free.done;
  expect(free.holder()).toBeUndefined();
});
