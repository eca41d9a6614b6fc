import type { JsonObject } from '../../model/json.ts';
import { objectKey, type SourceObject } from '../../source/object-source.ts';

export const defaultNode = 'playground';

/** What a cluster has without anybody's manifest: a node, namespaces that objects are in, an account in each. */
export function defaultObjects(given: ReadonlyMap<string, SourceObject>): SourceObject[] {
  const objects = [...given.values()];
  const named = objects.map(({ namespace }) => namespace).filter((namespace) => namespace !== '');
  const declared = objects.filter(({ kind }) => kind === 'Namespace').map(({ name }) => name);
  const namespaces = [...new Set(['default', 'kube-system', ...named, ...declared])].sort();
  const wanted = [
    ...(objects.some(({ kind }) => kind === 'Node') ? [] : [nodeObject()]),
    ...namespaces.flatMap((namespace) => [namespaceObject(namespace), accountObject(namespace)]),
  ];
  return wanted.filter((object) => !given.has(objectKey(object)));
}

function sourceObject(kind: string, place: { namespace: string; name: string }, rest: JsonObject): SourceObject {
  const { namespace, name } = place;
  const metadata = { name, ...(namespace === '' ? {} : { namespace }), labels: rest['labels'] ?? {} };
  const { labels: _labels, ...fields } = rest;
  const object = { apiVersion: 'v1', kind, metadata, ...fields } as JsonObject;
  return { apiVersion: 'v1', kind, namespace, name, object, origin: { kind, namespace, name } };
}

function nodeObject(): SourceObject {
  const labels = { 'topology.kubernetes.io/region': 'local', 'topology.kubernetes.io/zone': 'local-a' };
  const status = { nodeInfo: { kubeletVersion: 'v1.36.0' } };
  return sourceObject('Node', { namespace: '', name: defaultNode }, { labels, status });
}

function namespaceObject(name: string): SourceObject {
  return sourceObject('Namespace', { namespace: '', name }, { labels: { 'kubernetes.io/metadata.name': name } });
}

function accountObject(namespace: string): SourceObject {
  return sourceObject('ServiceAccount', { namespace, name: 'default' }, {});
}
