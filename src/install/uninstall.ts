import { OutriggerError } from '../errors.ts';
import type { InstallCluster } from './cluster.ts';
import { inTheMiddle } from './in-the-middle.ts';
import { leftoversOf } from './leftovers.ts';
import { collectionPath, type KnownKind, objectPath } from './object-path.ts';
import { refuseWithout, rightsToRemove } from './rights.ts';
import { type FoundObject, planUninstall, type UninstallPlan, type UninstallScope } from './uninstall-plan.ts';

export interface UninstallOptions {
  readonly cluster: InstallCluster;
  readonly scope: UninstallScope;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** A line that is done. */
  readonly onDone: (text: string) => void;
  readonly now: () => Date;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** One line each, in their order. */
const steps: readonly { readonly title: string; readonly kinds: readonly KnownKind[] }[] = [
  { title: 'Webhooks', kinds: ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'] },
  {
    title: 'Control plane and gateways',
    kinds: ['HorizontalPodAutoscaler', 'Deployment', 'PodDisruptionBudget', 'Service', 'NetworkPolicy'],
  },
  {
    title: 'Rights and service accounts',
    kinds: ['RoleBinding', 'Role', 'ClusterRoleBinding', 'ClusterRole', 'ServiceAccount'],
  },
  { title: 'ConfigMaps', kinds: ['ConfigMap', 'Lease'] },
  {
    title: 'Guard of namespaces',
    kinds: ['ValidatingAdmissionPolicyBinding', 'ValidatingAdmissionPolicy'],
  },
  { title: 'Roots', kinds: ['Secret'] },
  { title: 'Custom resource definitions', kinds: ['CustomResourceDefinition'] },
];

/**
 * Removes what `plan` found, and what came meanwhile; who may not remove all of it removes nothing. What ends it in the middle
 * is told with what was done, and the next run goes on. Throws OR1630, OR2503, OR2507, OR2508, OR2513.
 */
export async function uninstall(options: UninstallOptions, plan: UninstallPlan): Promise<void> {
  await refuseWithoutRights(options.cluster, plan);
  const done: string[] = [];
  const onDone = (text: string) => {
    done.push(text);
    options.onDone(text);
  };
  try {
    await removePlanned({ ...options, onDone }, plan);
  } catch (error) {
    throw inTheMiddle(error, done);
  }
}

async function refuseWithoutRights(cluster: InstallCluster, plan: UninstallPlan): Promise<void> {
  const namespaces = plan.namespaces.map((name): FoundObject => ({ kind: 'Namespace', metadata: { name } }));
  const merged = plan.mirrored.length > 0 ? ['Namespace'] : [];
  await refuseWithout(cluster, rightsToRemove([...plan.objects, ...namespaces], merged));
}

async function removePlanned(options: UninstallOptions, plan: UninstallPlan): Promise<void> {
  const { cluster, onDone } = options;
  for (const { title, kinds } of steps) {
    const objects = plan.objects.filter(({ kind }) => kinds.includes(kind));
    const removed = await removeAll(options, objects);
    if (removed > 0) onDone(`${title} (${removed} removed)`);
    if (kinds.includes('Deployment')) await podsGone(options);
  }
  for (const name of plan.mirrored)
    await cluster.merge(`${collectionPath('Namespace')}/${name}`, {
      metadata: { labels: { 'outrigger.io/linkerd-inject': null } },
    });
  await stragglers(options);
  for (const name of plan.namespaces) await removeNamespace(options, name);
}

async function removeAll(options: UninstallOptions, objects: readonly FoundObject[]): Promise<number> {
  let removed = 0;
  for (const object of objects) {
    if (options.signal.aborted)
      throw new OutriggerError('OR2508', 'it was interrupted; what is left is removed by the next');
    if (await options.cluster.remove(objectPath(object))) removed++;
  }
  return removed;
}

/** A control plane that still runs would make again what is removed. */
async function podsGone({ cluster, scope, timeoutMs, now, sleep }: UninstallOptions): Promise<void> {
  const labelSelector = [
    'app=outrigger',
    ...(scope.revision === undefined ? [] : [`outrigger.io/rev=${scope.revision}`]),
  ];
  const deadline = now().getTime() + timeoutMs;
  for (;;) {
    const pods = await cluster.list(collectionPath('Pod', scope.namespace), { labelSelector: labelSelector.join(',') });
    if (pods.length === 0) return;
    if (now().getTime() > deadline)
      throw new OutriggerError('OR2507', `${pods.length} pods of the control plane in ${scope.namespace} do not end`);
    await sleep(500);
  }
}

const mostRounds = 5;

/** What the control plane made in its last moments. */
async function stragglers(options: UninstallOptions): Promise<void> {
  for (let round = 0; round < mostRounds; round++) {
    const { objects } = await planUninstall(options.cluster, options.scope);
    const still = objects.filter(({ kind }) => kind !== 'CustomResourceDefinition');
    if (still.length === 0) return;
    await removeAll(options, still);
    await options.sleep(300);
  }
}

const emptyMs = 20_000;

async function removeNamespace(options: UninstallOptions, name: string): Promise<void> {
  const { cluster, onDone, now, sleep } = options;
  const deadline = now().getTime() + emptyMs;
  let left = await leftoversOf(cluster, name);
  // Replica sets and pods follow their Deployment in their own time.
  while (left.some((item) => /^(replicasets|pods)\//.test(item)) && now().getTime() < deadline) {
    await sleep(500);
    left = await leftoversOf(cluster, name);
  }
  if (left.length > 0) {
    const shown = left.slice(0, 5).join(', ');
    onDone(`Namespace ${name} stays, for it holds ${shown}${left.length > 5 ? ` and ${left.length - 5} more` : ''}`);
    return;
  }
  const path = `${collectionPath('Namespace')}/${name}`;
  await cluster.remove(path);
  const gone = await awaitGone(options, path);
  onDone(`Namespace ${name} (${gone ? 'removed' : 'is ending'})`);
}

async function awaitGone({ cluster, now, sleep, timeoutMs }: UninstallOptions, path: string): Promise<boolean> {
  const deadline = now().getTime() + timeoutMs;
  while ((await cluster.get(path)) !== undefined) {
    if (now().getTime() > deadline) return false;
    await sleep(300);
  }
  return true;
}
