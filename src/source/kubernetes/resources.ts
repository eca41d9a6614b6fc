import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { NamespaceFacts, NodeFacts } from '../../model/pod.ts';
import type { SourceObject } from '../object-source.ts';
import type { ResourceKind } from './kube-transport.ts';

/** A namespace as the API has it; the version makes a patch conditional. */
export interface NamespaceRecord extends NamespaceFacts {
  readonly resourceVersion: string;
}

/** Only the metadata of namespaces travels. */
export const namespaceKind: ResourceKind<NamespaceRecord> = {
  path: '/api/v1/namespaces',
  metadataOnly: true,
  decode: (object) => {
    const metadata = object.metadata;
    if (!isObject(metadata) || typeof metadata.name !== 'string') return undefined;
    return {
      name: metadata.name,
      labels: strings(metadata.labels),
      annotations: strings(metadata.annotations),
      resourceVersion: String(metadata.resourceVersion ?? ''),
    };
  },
};

export interface NodeRecord extends NodeFacts {
  /** Those that tell where it is. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Nodes travel whole, since the kubelet's version stands in their status; version and place are kept. */
export const nodeKind: ResourceKind<NodeRecord> = {
  path: '/api/v1/nodes',
  metadataOnly: false,
  decode: (object) => {
    const name = at(object, 'metadata', 'name');
    if (typeof name !== 'string') return undefined;
    const version = at(object, 'status', 'nodeInfo', 'kubeletVersion');
    const labels = Object.entries(strings(at(object, 'metadata', 'labels')));
    return {
      name,
      kubeletVersion: typeof version === 'string' ? version : '',
      labels: Object.fromEntries(labels.filter(([key]) => key.startsWith('topology.'))),
    };
  },
};

export function namespaceObject({ name, labels, annotations }: NamespaceRecord): SourceObject {
  const metadata = { name, labels: { ...labels }, annotations: { ...annotations } };
  return clusterObject('Namespace', name, { metadata });
}

export function nodeObject({ name, labels, kubeletVersion }: NodeRecord): SourceObject {
  const metadata = { name, labels: { ...labels } };
  return clusterObject('Node', name, { metadata, status: { nodeInfo: { kubeletVersion } } });
}

function clusterObject(kind: string, name: string, content: JsonObject): SourceObject {
  const place = { kind, namespace: '', name };
  return { apiVersion: 'v1', ...place, object: { apiVersion: 'v1', kind, ...content }, origin: place };
}

function at(object: JsonObject, ...path: readonly string[]): Json | undefined {
  let value: Json | undefined = object;
  for (const key of path) value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return value;
}

function strings(value: Json | undefined): Record<string, string> {
  const entries = Object.entries(isObject(value) ? value : {});
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
