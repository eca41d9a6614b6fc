import type { JsonObject } from '../model/json.ts';
import { ownerBehind } from '../model/pod-owner.ts';
import { objectsAt, textAt } from './json-fields.ts';

/** The name of what a pod belongs to, as the injector writes it into the proxy; a static pod's Node is none. */
export function workloadNameOf(pod: JsonObject, labels: Readonly<Record<string, string>>): string {
  const owner = objectsAt(pod, 'metadata', 'ownerReferences').find((reference) => reference.controller === true);
  const [apiVersion, kind, name] = [textAt(owner, 'apiVersion'), textAt(owner, 'kind'), textAt(owner, 'name')];
  if (name === '' || kind === 'Node') return textAt(pod, 'metadata', 'name');
  return ownerBehind({ apiVersion, kind, name }, labels).name;
}
