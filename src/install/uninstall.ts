import { OutriggerError } from '../errors.ts';
import type { InstallCluster } from './cluster.ts';
import { textAt } from './fields.ts';
import { inTheMiddle } from './in-the-middle.ts';
import { clockSkew } from './install.ts';
import { type HeldLease, holdLease, leaseName } from './install-lease.ts';
import { leftoversOf } from './leftovers.ts';
import { collectionPath, type KnownKind, objectPath, titleOf } from './object-path.ts';
import { refuseWithout, rightsToHold, rightsToRemove } from './rights.ts';
import { type FoundObject, planUninstall, type UninstallPlan, type UninstallScope } from './uninstall-plan.ts';

export interface UninstallOptions {
  readonly cluster: InstallCluster;
  readonly scope: UninstallScope;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Who it is, for others who would install or uninstall at the same time. */
  readonly holder: string;
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
 * is told with what was done, and the next run goes on. Throws OR1630, OR2503, OR2506, OR2507, OR2508, OR2513, OR2520.
 */
export async function uninstall(options: UninstallOptions, plan: UninstallPlan): Promise<void> {
  await refuseWithoutRights(options, plan);
  const lease = await leaseOf(options);
  const done: string[] = [];
  const onDone = (text: string) => {
    done.push(text);
    options.onDone(text);
  };
  try {
    await removePlanned({ ...options, onDone, goOn: () => goOn(options, lease) }, plan);
  } catch (error) {
    throw inTheMiddle(error, done);
  } finally {
    await lease?.release();
  }
}

/** Of the time of the API server. Undefined where nobody can install: its namespace is not there, or ends. */
async function leaseOf({ cluster, scope, holder, now }: UninstallOptions): Promise<HeldLease | undefined> {
  const { namespace } = scope;
  const found = await cluster.get(`${collectionPath('Namespace')}/${namespace}`);
  if (found === undefined || textAt(found, 'metadata', 'deletionTimestamp') !== '') return undefined;
  const skewMs = await clockSkew(cluster, now);
  return holdLease(cluster, { namespace, holder, now: () => new Date(now().getTime() - skewMs) });
}

/** Throws OR2506, OR2508. */
function goOn({ signal }: UninstallOptions, lease: HeldLease | undefined): void {
  if (signal.aborted) throw new OutriggerError('OR2508', 'it was interrupted; what is left is removed by the next');
  lease?.check();
}

interface Removal extends UninstallOptions {
  /** Throws where it may not. */
  readonly goOn: () => void;
}

async function refuseWithoutRights({ cluster, scope }: UninstallOptions, plan: UninstallPlan): Promise<void> {
  const namespaces = plan.namespaces.map((name): FoundObject => ({ kind: 'Namespace', metadata: { name } }));
  const merged = plan.mirrored.length > 0 ? ['Namespace'] : [];
  const rights = [...rightsToRemove([...plan.objects, ...namespaces], merged), ...rightsToHold(scope.namespace)];
  await refuseWithout(cluster, rights);
}

async function removePlanned(options: Removal, plan: UninstallPlan): Promise<void> {
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

async function removeAll(options: Removal, objects: readonly FoundObject[]): Promise<number> {
  let removed = 0;
  for (const object of objects.filter((one) => !isLease(one))) {
    options.goOn();
    if (await options.cluster.remove(objectPath(object))) removed++;
  }
  return removed;
}

/** A control plane that still runs would make again what is removed. */
async function podsGone({ cluster, scope, timeoutMs, now, sleep, goOn }: Removal): Promise<void> {
  const labelSelector = [
    'app=outrigger',
    ...(scope.revision === undefined ? [] : [`outrigger.io/rev=${scope.revision}`]),
  ];
  const deadline = now().getTime() + timeoutMs;
  for (;;) {
    const pods = await cluster.list(collectionPath('Pod', scope.namespace), { labelSelector: labelSelector.join(',') });
    if (pods.length === 0) return;
    goOn();
    if (now().getTime() > deadline)
      throw new OutriggerError('OR2507', `${pods.length} pods of the control plane in ${scope.namespace} do not end`);
    await sleep(500);
  }
}

const leastRounds = 5;

/** What the control plane made in its last moments, and what takes its time to end. Throws OR2520 with what is left. */
async function stragglers(options: Removal): Promise<void> {
  const { cluster, scope, timeoutMs, now, sleep } = options;
  const deadline = now().getTime() + timeoutMs;
  for (let round = 0; ; round++) {
    const { objects } = await planUninstall(cluster, scope);
    const still = objects.filter((one) => one.kind !== 'CustomResourceDefinition' && !isLease(one));
    if (still.length === 0) return;
    if (round >= leastRounds && now().getTime() >= deadline)
      throw new OutriggerError('OR2520', some(still.map(titleOf)));
    await removeAll(options, still);
    await sleep(round < leastRounds ? 300 : 1000);
  }
}

/** It goes last. */
const isLease = ({ kind, metadata }: FoundObject): boolean => kind === 'Lease' && metadata.name === leaseName;

const shownNames = 10;

function some(names: readonly string[]): string {
  const more = names.length - shownNames;
  return `${names.slice(0, shownNames).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

const emptyMs = 20_000;

async function removeNamespace(options: Removal, name: string): Promise<void> {
  const { cluster, onDone, now, sleep, goOn } = options;
  const deadline = now().getTime() + emptyMs;
  let left = await leftoversOf(cluster, name);
  // Replica sets and pods follow their Deployment in their own time.
  while (left.some((item) => /^(replicasets|pods)\//.test(item)) && now().getTime() < deadline) {
    goOn();
    await sleep(500);
    left = await leftoversOf(cluster, name);
  }
  goOn();
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
