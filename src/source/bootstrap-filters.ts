import { isObject, type JsonObject } from '../model/json.ts';
import { defaultMeshSettings } from '../model/mesh-settings.ts';
import type { NamespacedObject } from '../model/pod.ts';
import { type ObjectChanges, type ObjectSource, objectKey } from './object-source.ts';

/** The EnvoyFilters of a source that change bootstraps, which pods have from their injection. */
export class BootstrapFilters {
  readonly #known = new Map<string, NamespacedObject>();
  readonly #rootNamespaces: readonly string[];

  constructor(
    objects: { follow: ObjectSource['onObjects'] },
    rootNamespaces: readonly string[] = defaultMeshSettings.rootNamespaces,
  ) {
    this.#rootNamespaces = rootNamespaces;
    objects.follow((changes) => this.#apply(changes));
  }

  /** Those of the namespace and of the root namespaces, in no order. Undefined when there are none. */
  of(namespace: string): readonly NamespacedObject[] | undefined {
    if (this.#known.size === 0) return undefined;
    const found = [...this.#known.values()].filter(
      (filter) => filter.namespace === namespace || this.#rootNamespaces.includes(filter.namespace),
    );
    return found.length === 0 ? undefined : found;
  }

  #apply({ upserts, removals }: ObjectChanges): void {
    for (const key of removals) this.#known.delete(key);
    for (const source of upserts) {
      if (source.kind !== 'EnvoyFilter') continue;
      const { namespace, object } = source;
      if (changesBootstraps(object)) this.#known.set(objectKey(source), { namespace, object });
      else this.#known.delete(objectKey(source));
    }
  }
}

function changesBootstraps({ spec }: JsonObject): boolean {
  const patches = isObject(spec) ? spec.configPatches : undefined;
  return Array.isArray(patches) && patches.some((patch) => isObject(patch) && patch.applyTo === 'BOOTSTRAP');
}
