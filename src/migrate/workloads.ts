import { objectsAt, textMapAt } from '../registry/json-fields.ts';
import type { SourceObject } from '../source/object-source.ts';

/** A pod, or the template of a workload, with the annotations that injection would read. */
export interface PodLike {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly containers: readonly string[];
}

const templates = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'ReplicaSet']);

/** What people write: templates, and pods that belong to nothing. */
export function workloadsOf(objects: readonly SourceObject[]): readonly PodLike[] {
  return objects.flatMap((object) => {
    if (objectsAt(object.object, 'metadata', 'ownerReferences').length > 0) return [];
    if (object.kind === 'Pod') return [podLike(object, [])];
    return templates.has(object.kind) ? [podLike(object, ['spec', 'template'])] : [];
  });
}

/** The pods that run with this container. */
export function podsWith(objects: readonly SourceObject[], container: string): readonly PodLike[] {
  const pods = objects.filter(({ kind }) => kind === 'Pod').map((object) => podLike(object, []));
  return pods.filter(({ containers }) => containers.includes(container));
}

function podLike({ kind, namespace, name, object }: SourceObject, path: readonly string[]): PodLike {
  const containers = [
    ...objectsAt(object, ...path, 'spec', 'initContainers'),
    ...objectsAt(object, ...path, 'spec', 'containers'),
  ];
  return {
    ...{ kind, namespace, name },
    annotations: textMapAt(object, ...path, 'metadata', 'annotations'),
    labels: textMapAt(object, ...path, 'metadata', 'labels'),
    containers: containers.map((container) => String(container['name'] ?? '')),
  };
}

/** Namespaces by how many of these are in each, the fewest first: a move begins where least can break. */
export function byNamespace(
  pods: readonly PodLike[],
): readonly { readonly namespace: string; readonly pods: number }[] {
  const counts = new Map<string, number>();
  for (const { namespace } of pods) counts.set(namespace, (counts.get(namespace) ?? 0) + 1);
  return [...counts]
    .map(([namespace, count]) => ({ namespace, pods: count }))
    .sort((a, b) => a.pods - b.pods || a.namespace.localeCompare(b.namespace));
}
