import { flattenList } from '../inject/review/workload-object.ts';
import { isObject, type Json } from '../model/json.ts';
import type { ClusterFacts, NamespaceFacts } from '../model/pod.ts';
import type { InputFile } from './input-files.ts';

/** A namespace that the source does not know yet may be made by the very input. */
export function withGivenNamespaces(
  facts: ClusterFacts,
  inputs: readonly InputFile[],
): Pick<ClusterFacts, 'namespace'> {
  const given = new Map<string, NamespaceFacts>();
  const objects = inputs.flatMap(({ documents }) => documents.flatMap(({ object }) => flattenList(object)));
  for (const { kind, apiVersion, metadata } of objects) {
    if (kind !== 'Namespace' || apiVersion !== 'v1' || !isObject(metadata)) continue;
    const { name, labels, annotations } = metadata;
    if (typeof name !== 'string') continue;
    given.set(name, {
      name,
      labels: { 'kubernetes.io/metadata.name': name, ...textsOf(labels) },
      annotations: textsOf(annotations),
    });
  }
  return { namespace: (name) => facts.namespace(name) ?? given.get(name) };
}

function textsOf(map: Json | undefined): Record<string, string> {
  const entries = isObject(map) ? Object.entries(map) : [];
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
