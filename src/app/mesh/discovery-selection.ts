import { isObject, type Json } from '../../model/json.ts';
import { type LabelSelectorLike, matchesSelector } from '../../model/label-selector.ts';
import { type ObjectChanges, objectKey, type SourceObject } from '../../source/object-source.ts';

/** Of every namespace: who a proxy is, where it runs and what a gateway shows is no matter of what others see. */
const always = new Set(['Namespace', 'Node', 'Pod', 'Secret', 'ConfigMap']);

/**
 * Which namespaces the mesh takes Services and resources from: those that one of `discoverySelectors` fits; without any,
 * all. As in Istio, none is taken by itself.
 */
export class DiscoverySelection {
  #selectors: readonly LabelSelectorLike[];
  readonly #objects = new Map<string, SourceObject>();
  readonly #seen = new Set<string>();
  readonly #labels = new Map<string, Readonly<Record<string, string>>>();

  constructor(selectors: readonly LabelSelectorLike[]) {
    this.#selectors = selectors;
  }

  /** The same changes as the mesh sees them. */
  apply({ upserts, removals }: ObjectChanges): ObjectChanges {
    for (const key of removals) {
      this.#objects.delete(key);
      if (key.startsWith('Namespace ')) this.#labels.delete(key.slice(key.indexOf('/') + 1));
    }
    for (const object of upserts) {
      this.#objects.set(objectKey(object), object);
      if (object.kind === 'Namespace') this.#labels.set(object.name, labelsOf(object));
    }
    const gone = removals.filter((key) => this.#seen.delete(key));
    const fresh = new Set(upserts.map(objectKey));
    const moved = [...fresh, ...removals].some((key) => key.startsWith('Namespace '));
    const { upserts: shown, removals: hidden } = this.#look(
      this.#selectors.length > 0 && moved ? this.#objects.values() : upserts,
      fresh,
    );
    return { upserts: shown, removals: [...gone, ...hidden] };
  }

  select(selectors: readonly LabelSelectorLike[]): ObjectChanges {
    this.#selectors = selectors;
    return this.#look(this.#objects.values(), new Set());
  }

  /** Of these, what is seen and was not, or is another than before, and what was seen and is not any more. */
  #look(objects: Iterable<SourceObject>, fresh: ReadonlySet<string>): ObjectChanges {
    const upserts: SourceObject[] = [];
    const removals: string[] = [];
    for (const object of objects) {
      const key = objectKey(object);
      const known = this.#seen.has(key);
      if (!this.#isShown(object)) {
        if (this.#seen.delete(key)) removals.push(key);
      } else if (!known || fresh.has(key)) {
        this.#seen.add(key);
        upserts.push(object);
      }
    }
    return { upserts, removals };
  }

  #isShown({ kind, namespace }: SourceObject): boolean {
    if (this.#selectors.length === 0 || namespace === '' || always.has(kind)) return true;
    const labels = this.#labels.get(namespace) ?? {};
    return this.#selectors.some((selector) => matchesSelector(selector, labels));
  }
}

function labelsOf({ name, object }: SourceObject): Readonly<Record<string, string>> {
  const { metadata } = object;
  const labels: Json | undefined = isObject(metadata) ? metadata.labels : undefined;
  const entries = Object.entries(isObject(labels) ? labels : {});
  const texts = entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return { 'kubernetes.io/metadata.name': name, ...Object.fromEntries(texts) };
}
