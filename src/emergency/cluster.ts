import { OutriggerError } from '../errors.ts';
import { isObject, type JsonObject } from '../model/json.ts';
import type { Scope, Target, WorkloadPlural } from './scope.ts';
import { type EmergencyState, stateOf } from './state.ts';

/** The cluster that an emergency is declared in; implemented by src/source/kubernetes/cluster-objects.ts. */
export interface EmergencyCluster {
  get(path: string): Promise<JsonObject | undefined>;
  list(path: string): Promise<JsonObject[]>;
  create(path: string, body: object): Promise<JsonObject>;
  remove(path: string, preconditions?: { readonly uid: string }): Promise<boolean>;
}

const workloads: readonly WorkloadPlural[] = ['deployments', 'statefulsets', 'daemonsets'];
const emergencies = '/apis/outrigger.io/v1alpha1';

/** Of what somebody has typed. `around` is the namespace of names without one. Throws OR2560. */
export async function scopeOf(
  cluster: EmergencyCluster,
  target: Target,
  around: { readonly namespace: string; readonly rootNamespace: string },
): Promise<Scope> {
  const { namespace, rootNamespace } = around;
  if (target.kind === 'mesh') return { title: 'the mesh', namespace: rootNamespace, slug: 'mesh' };
  if (target.kind === 'namespace') return namespaceScope(cluster, target.name);
  if (target.kind === 'workload') {
    const found = await workloadScope(cluster, { ...target, namespace });
    if (found !== undefined) return found;
    throw new OutriggerError('OR2560', `${target.plural} ${namespace}/${target.name}`);
  }
  for (const plural of workloads) {
    const found = await workloadScope(cluster, { plural, name: target.name, namespace });
    if (found !== undefined) return found;
  }
  return namespaceScope(cluster, target.name);
}

async function namespaceScope(cluster: EmergencyCluster, name: string): Promise<Scope> {
  if ((await cluster.get(`/api/v1/namespaces/${name}`)) === undefined)
    throw new OutriggerError('OR2560', `neither a workload nor a namespace is called "${name}"`);
  return { title: `namespace ${name}`, namespace: name, slug: 'namespace' };
}

async function workloadScope(
  cluster: EmergencyCluster,
  { plural, namespace, name }: { plural: WorkloadPlural; namespace: string; name: string },
): Promise<Scope | undefined> {
  const found = await cluster.get(`/apis/apps/v1/namespaces/${namespace}/${plural}/${name}`);
  if (found === undefined) return undefined;
  const spec = isObject(found['spec']) ? found['spec'] : {};
  const selector = isObject(spec['selector']) ? spec['selector'] : {};
  const { matchLabels: labels, matchExpressions: expressions } = selector;
  if (!isObject(labels) || (Array.isArray(expressions) && expressions.length > 0))
    throw new OutriggerError('OR2564', `${plural} ${namespace}/${name}: its selector has expressions`);
  const texts = Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, String(value)]));
  return {
    title: `${plural.slice(0, -1)} ${namespace}/${name}`,
    namespace,
    labels: texts,
    slug: `${plural.slice(0, -1)}-${name}`,
  };
}

/** Who the API server takes the caller for; '' where it does not say. */
export async function whoAsks(cluster: EmergencyCluster): Promise<string> {
  try {
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const { status } = await cluster.create('/apis/authentication.k8s.io/v1/selfsubjectreviews', body);
    const user = isObject(status) && isObject(status['userInfo']) ? status['userInfo']['username'] : '';
    return typeof user === 'string' ? user : '';
  } catch (error) {
    // Authorization may refuse it; the audit log of the API server knows anyway.
    if (error instanceof OutriggerError && error.code !== 'OR1630') return '';
    throw error;
  }
}

/** All of the cluster, those in force first; of one namespace for whoever may not see more: `onPart` is told OR2553. */
export async function statesIn(
  cluster: EmergencyCluster,
  now: Date,
  namespace: string,
  onPart: (error: OutriggerError) => void,
): Promise<readonly EmergencyState[]> {
  const objects = await cluster.list(`${emergencies}/emergencies`).catch((error: unknown) => {
    if (!(error instanceof OutriggerError) || error.code !== 'OR2503') throw error;
    onPart(new OutriggerError('OR2553', `emergencies of other namespaces than ${namespace} cannot be listed`));
    return cluster.list(emergencyPath(namespace));
  });
  const states = objects.flatMap((object) => stateOf(object, now) ?? []);
  return states.sort((a, b) => Number(b.inForce) - Number(a.inForce) || a.until.getTime() - b.until.getTime());
}

export const emergencyPath = (namespace: string, name = ''): string =>
  `${emergencies}/namespaces/${namespace}/emergencies${name === '' ? '' : `/${name}`}`;

/** One that is there was written by somebody else who knew it, too. */
export async function writeEvent(
  cluster: Pick<EmergencyCluster, 'create'>,
  event: object,
  namespace: string,
): Promise<void> {
  await cluster.create(`/api/v1/namespaces/${namespace}/events`, event).catch((error: unknown) => {
    if (!(error instanceof OutriggerError) || error.code !== 'OR2505') throw error;
  });
}
