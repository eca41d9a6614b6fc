import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { NamespaceFacts, NodeFacts } from '../../model/pod.ts';
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

/** Nodes travel whole, since the kubelet's version stands in their status; nothing else of them is kept. */
export const nodeKind: ResourceKind<NodeFacts> = {
  path: '/api/v1/nodes',
  metadataOnly: false,
  decode: (object) => {
    const name = at(object, 'metadata', 'name');
    if (typeof name !== 'string') return undefined;
    const version = at(object, 'status', 'nodeInfo', 'kubeletVersion');
    return { name, kubeletVersion: typeof version === 'string' ? version : '' };
  },
};

function at(object: JsonObject, ...path: readonly string[]): Json | undefined {
  let value: Json | undefined = object;
  for (const key of path) value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return value;
}

function strings(value: Json | undefined): Record<string, string> {
  const entries = Object.entries(isObject(value) ? value : {});
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
