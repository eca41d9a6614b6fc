import { createHash } from 'node:crypto';
import type { JsonObject } from '../../model/json.ts';
import type { OwnerReference } from '../../model/pod.ts';
import type { SourceObject } from '../../source/object-source.ts';
import { objectAt, valueAt } from './json-reading.ts';
import { lettersOf } from './pod-names.ts';

/** A pod that a workload asks for. */
export interface DesiredPod {
  readonly namespace: string;
  readonly name: string;
  /** `<kind> <namespace>/<name>` of the workload. */
  readonly workload: string;
  /** Another template gives another revision. */
  readonly revision: string;
  readonly owner: OwnerReference | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Metadata and spec of the pod template, or the pod itself. */
  readonly template: JsonObject;
  /** Pods of a StatefulSet have a name in DNS. */
  readonly subdomain: string;
}

/** What the controllers of a cluster would make of an object; nothing for kinds that make no pods. */
export function desiredPods(object: SourceObject): readonly DesiredPod[] {
  const make = Object.hasOwn(byKind, object.kind) ? byKind[object.kind] : undefined;
  return make === undefined ? [] : make(object);
}

const byKind: Readonly<Record<string, (object: SourceObject) => readonly DesiredPod[]>> = {
  Pod: (object) => [{ ...base(object, object.object), name: object.name, labels: {}, owner: undefined, subdomain: '' }],
  Deployment: (object) => {
    const template = objectAt(object.object, 'spec', 'template');
    const hash = lettersOf(JSON.stringify(template), 9);
    return ofReplicaSet(object, template, { name: `${object.name}-${hash}`, hash });
  },
  ReplicaSet: (object) => {
    const template = objectAt(object.object, 'spec', 'template');
    return ofReplicaSet(object, template, { name: object.name, hash: '' });
  },
  StatefulSet: (object) => {
    const template = objectAt(object.object, 'spec', 'template');
    const subdomain = String(valueAt(object.object, 'spec', 'serviceName') ?? '');
    return indexes(object).map((index) => {
      const name = `${object.name}-${index}`;
      const labels = { 'statefulset.kubernetes.io/pod-name': name, 'apps.kubernetes.io/pod-index': `${index}` };
      return { ...base(object, template), name, labels, owner: ownerOf(object), subdomain };
    });
  },
  DaemonSet: (object) => [numbered(object, 0)],
  Job: (object) => [numbered(object, 0)],
};

function ofReplicaSet(
  object: SourceObject,
  template: JsonObject,
  set: { readonly name: string; readonly hash: string },
): DesiredPod[] {
  const labels: Record<string, string> = set.hash === '' ? {} : { 'pod-template-hash': set.hash };
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: set.name, controller: true };
  return indexes(object).map((index) => {
    const name = `${set.name}-${lettersOf(`${object.namespace}/${set.name}/${index}`, 5)}`;
    return { ...base(object, template), name, labels, owner, subdomain: '' };
  });
}

function numbered(object: SourceObject, index: number): DesiredPod {
  const template = objectAt(object.object, 'spec', 'template');
  const name = `${object.name}-${lettersOf(`${object.namespace}/${object.name}/${index}`, 5)}`;
  return { ...base(object, template), name, labels: {}, owner: ownerOf(object), subdomain: '' };
}

function base({ kind, namespace, name }: SourceObject, template: JsonObject) {
  const revision = createHash('sha256').update(JSON.stringify(template)).digest('hex');
  return { namespace, workload: `${kind} ${namespace}/${name}`, revision, template };
}

function ownerOf({ apiVersion, kind, name }: SourceObject): OwnerReference {
  return { apiVersion, kind, name, controller: true };
}

function indexes(object: SourceObject): number[] {
  const replicas = valueAt(object.object, 'spec', 'replicas');
  const count = typeof replicas === 'number' ? Math.min(Math.max(0, replicas), 1000) : 1;
  return Array.from({ length: count }, (_, index) => index);
}
