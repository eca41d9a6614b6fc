import type { JsonObject } from '../model/json.ts';
import type { Origin } from '../model/origin.ts';

/** A Kubernetes object of a kind that the mesh reads, as its source has it: not checked beyond its name. */
export interface SourceObject {
  readonly apiVersion: string;
  readonly kind: string;
  /** '' for what is of the whole cluster. */
  readonly namespace: string;
  readonly name: string;
  readonly object: JsonObject;
  readonly origin: Origin;
  /** Where it was made from resources of another dialect: whom each of its HTTP rules is of. */
  readonly ruleOrigins?: readonly Origin[];
}

/** `<kind> <namespace>/<name>`: one object, whatever the version of its kind. */
export function objectKey(object: Pick<SourceObject, 'kind' | 'namespace' | 'name'>): string {
  return `${object.kind} ${object.namespace}/${object.name}`;
}

export interface ObjectChanges {
  readonly upserts: readonly SourceObject[];
  /** Keys. */
  readonly removals: readonly string[];
}

/** Objects of the mesh from a folder or the Kubernetes API. */
export interface ObjectSource {
  /** True once every kind was listed; before, nothing may be concluded from what is missing. */
  readonly objectsSynced: boolean;
  /** Tells all that is there now, and then each change. The answer ends that. */
  onObjects(listener: (changes: ObjectChanges) => void): () => void;
}
