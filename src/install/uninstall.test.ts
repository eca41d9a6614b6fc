import { expect, test } from 'vitest';
import { OutriggerError } from '../errors.ts';
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

/** Denies rights to a resource, and fails at the removal of a path. */
function run({ denied = '', failing = '', code = 'OR1630' }: { denied?: string; failing?: string; code?: string }) {
  const removed: string[] = [];
  const cluster: InstallCluster = {
    get: async () => undefined,
    list: async () => [],
    apply: async (_, body) => ({ ...body }),
    replace: async (_, body) => ({ ...body }),
    merge: async (_, body) => ({ ...body }),
    create: async (_, body) => {
      const { resource } = (body as { spec: { resourceAttributes: { resource: string } } }).spec.resourceAttributes;
      return { status: { allowed: resource !== denied } };
    },
    serverTime: async () => undefined,
    remove: async (path) => {
      if (failing !== '' && path.includes(failing)) throw new OutriggerError(code as 'OR1630', 'no answer');
      removed.push(path);
      return true;
    },
  };
  const done = uninstall(
    {
      ...{ cluster, scope: { namespace: 'outrigger-system', revision: undefined, purge: false }, timeoutMs: 0 },
      ...{ signal: new AbortController().signal, onDone: () => {}, now: () => new Date(0), sleep: async () => {} },
    },
    plan,
  );
  return { done, removed };
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
