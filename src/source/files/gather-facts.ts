import { OutriggerError } from '../../errors.ts';
import { isObject, type Json } from '../../model/json.ts';
import type { NamespaceFacts, NodeFacts } from '../../model/pod.ts';
import type { FileObject } from './parse-objects.ts';

/** What an object states of a namespace or a node. */
export type FileFact =
  | { readonly kind: 'Namespace'; readonly facts: NamespaceFacts }
  | { readonly kind: 'Node'; readonly facts: NodeFacts };

/** The fact that an object states; undefined for other kinds. Throws OR1606. */
export function factOf(item: FileObject): FileFact | undefined {
  if (item.apiVersion !== 'v1') return undefined;
  if (item.kind === 'Namespace') return { kind: 'Namespace', facts: namespaceOf(item) };
  if (item.kind === 'Node') return { kind: 'Node', facts: nodeOf(item) };
  return undefined;
}

function namespaceOf(item: FileObject): NamespaceFacts {
  const name = nameOf(item, /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
  // The API server gives every namespace this label, and selectors count on it.
  const labels = { 'kubernetes.io/metadata.name': name, ...textMap(item, 'labels') };
  return { name, labels, annotations: textMap(item, 'annotations') };
}

function nodeOf(item: FileObject): NodeFacts {
  const { status } = item.object;
  const info = isObject(status) ? status.nodeInfo : undefined;
  const version = isObject(info) ? info.kubeletVersion : undefined;
  if (typeof version !== 'string' || !/^v?\d+\.\d+/.test(version)) {
    const detail = 'status.nodeInfo.kubeletVersion must be a version, such as v1.34.1';
    throw new OutriggerError('OR1606', detail, { at: item.at('status', 'nodeInfo', 'kubeletVersion') });
  }
  return { name: nameOf(item, /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/), kubeletVersion: version };
}

function nameOf(item: FileObject, form: RegExp): string {
  const { metadata } = item.object;
  const name = isObject(metadata) ? metadata.name : undefined;
  if (typeof name === 'string' && form.test(name)) return name;
  const detail = `metadata.name must be a name as Kubernetes takes for a ${item.kind}`;
  throw new OutriggerError('OR1606', detail, { at: item.at('metadata', 'name') });
}

function textMap(item: FileObject, field: 'labels' | 'annotations'): Record<string, string> {
  const { metadata } = item.object;
  const map: Json | undefined = isObject(metadata) ? metadata[field] : undefined;
  if (map === undefined || map === null) return {};
  if (!isObject(map)) {
    throw new OutriggerError('OR1606', `metadata.${field} must be a map`, { at: item.at('metadata', field) });
  }
  const entries = Object.entries(map).map(([key, value]): [string, string] => {
    if (typeof value === 'string') return [key, value];
    const detail = `the value of metadata.${field}[${JSON.stringify(key)}] must be text: put it in quotes`;
    throw new OutriggerError('OR1606', detail, { at: item.at('metadata', field, key) });
  });
  return Object.fromEntries(entries);
}

export interface Facts {
  readonly namespaces: ReadonlyMap<string, NamespaceFacts>;
  readonly nodes: readonly NodeFacts[];
}

export function gatherFacts(facts: Iterable<FileFact>): Facts {
  const namespaces = new Map<string, NamespaceFacts>();
  const nodes: NodeFacts[] = [];
  for (const fact of facts) {
    if (fact.kind === 'Namespace') namespaces.set(fact.facts.name, fact.facts);
    else nodes.push(fact.facts);
  }
  return { namespaces, nodes };
}
