import { OutriggerError } from '../errors.ts';
import { isObject, type JsonObject } from '../model/json.ts';
import { nearest } from '../model/nearest.ts';
import type { OwnerReference } from '../model/pod.ts';
import { ownerBehind } from '../model/pod-owner.ts';
import type { KubeConnection } from '../source/kubernetes/connection.ts';
import { listAll } from './list-all.ts';

export interface PodName {
  readonly namespace: string;
  readonly name: string;
}

/** What a person typed for a pod. */
export interface GivenPod {
  /** `POD`, `POD.NAMESPACE`, `deploy/NAME`, `deployment/NAME.NAMESPACE`, `sts/NAME`… */
  readonly text: string;
  /** For names without one. */
  readonly namespace: string;
}

const kinds: Readonly<Record<string, string>> = {
  ...{ po: 'Pod', pod: 'Pod', pods: 'Pod' },
  ...{ deploy: 'Deployment', deployment: 'Deployment', deployments: 'Deployment' },
  ...{ rs: 'ReplicaSet', replicaset: 'ReplicaSet', replicasets: 'ReplicaSet' },
  ...{ sts: 'StatefulSet', statefulset: 'StatefulSet', statefulsets: 'StatefulSet' },
  ...{ ds: 'DaemonSet', daemonset: 'DaemonSet', daemonsets: 'DaemonSet', job: 'Job', jobs: 'Job' },
};

/** Pods of a namespace, or of all of them ('') by pages. Throws OR1630, OR2538. */
export async function listPods(
  connection: KubeConnection,
  namespace: string,
  labelSelector?: string,
): Promise<JsonObject[]> {
  const path = namespace === '' ? '/api/v1/pods' : `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
  return (await listAll(connection, path, labelSelector === undefined ? {} : { labelSelector })) ?? [];
}

/** The pod that is meant: running before pending, the youngest of several last. Throws OR1630, OR2531, OR2538. */
export async function findPod(connection: KubeConnection, given: GivenPod): Promise<JsonObject> {
  const { kind, name, namespaces } = readGiven(given);
  const seen: string[] = [];
  for (const { namespace, name: tried } of namespaces.map((one) => ({ ...one, name: one.name ?? name }))) {
    const pods = await listPods(connection, namespace);
    const matching = pods.filter((pod) => isMeant(pod, kind, tried)).sort((a, b) => rank(a) - rank(b));
    if (matching[0] !== undefined) return matching[0];
    seen.push(...pods.map((pod) => `${nameOf(pod).name}.${namespace}`));
  }
  const near = nearest(`${name}.${given.namespace}`, seen);
  const what = kind === 'Pod' ? `pod ${given.text}` : `running pod of ${given.text}`;
  const where = namespaces.map(({ namespace }) => namespace).join(' or ');
  throw new OutriggerError(
    'OR2531',
    `there is no ${what} in namespace ${where}${near === undefined ? '' : `; did you mean ${near}?`}`,
  );
}

interface ReadGiven {
  readonly kind: string;
  readonly name: string;
  readonly namespaces: readonly { readonly namespace: string; readonly name?: string }[];
}

/** A pod's name may hold dots: `a.b` is first the pod `a` of the namespace `b`, then the pod `a.b`. */
function readGiven({ text, namespace }: GivenPod): ReadGiven {
  const slash = text.indexOf('/');
  const kind = slash < 0 ? 'Pod' : kinds[text.slice(0, slash).toLowerCase()];
  if (kind === undefined)
    throw new OutriggerError(
      'OR2531',
      `${text.slice(0, slash)} is no kind that has pods (${Object.keys(kinds).join(', ')})`,
    );
  const name = text.slice(slash + 1);
  if (name === '') throw new OutriggerError('OR2531', 'the name of the pod is empty');
  const dot = name.lastIndexOf('.');
  const dotted = dot <= 0 ? [] : [{ namespace: name.slice(dot + 1), name: name.slice(0, dot) }];
  return { kind, name, namespaces: [...dotted, { namespace }] };
}

function isMeant(pod: JsonObject, kind: string, name: string): boolean {
  if (kind === 'Pod') return nameOf(pod).name === name;
  const metadata = isObject(pod['metadata']) ? pod['metadata'] : {};
  const owners = Array.isArray(metadata['ownerReferences']) ? metadata['ownerReferences'] : [];
  const labels = (isObject(metadata['labels']) ? metadata['labels'] : {}) as Record<string, string>;
  return owners.filter(isObject).some((owner) => {
    const direct = owner as unknown as OwnerReference;
    const behind = ownerBehind(direct, labels);
    return [direct, behind].some((one) => one.kind === kind && one.name === name);
  });
}

function rank(pod: JsonObject): number {
  const metadata = isObject(pod['metadata']) ? pod['metadata'] : {};
  if (metadata['deletionTimestamp'] !== undefined) return 2;
  return isObject(pod['status']) && pod['status']['phase'] === 'Running' ? 0 : 1;
}

export function nameOf(pod: JsonObject): PodName {
  const metadata = isObject(pod['metadata']) ? pod['metadata'] : {};
  return { namespace: String(metadata['namespace'] ?? ''), name: String(metadata['name'] ?? '') };
}

/** What has ended answers nothing, nor does what has no address yet. */
export function isRunning({ status }: JsonObject): boolean {
  return isObject(status) && status['phase'] === 'Running';
}
