import { isObject } from '../model/json.ts';
import { defaultMeshSettings } from '../model/mesh-settings.ts';
import type { StoppedInjection } from '../model/pod.ts';
import { parseDuration } from '../schema/common/duration.ts';
import { validate } from '../schema/validate.ts';
import { type ObjectChanges, type ObjectSource, objectKey, type SourceObject } from './object-source.ts';

interface Known extends StoppedInjection {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The Emergencies of a source by which new pods get no proxy for now. */
export class StoppedInjections {
  readonly #known = new Map<string, Known>();
  readonly #rootNamespaces: readonly string[];
  readonly #now: () => number;

  constructor(
    objects: { follow: ObjectSource['onObjects'] },
    now: () => number,
    rootNamespaces: readonly string[] = defaultMeshSettings.rootNamespaces,
  ) {
    this.#now = now;
    this.#rootNamespaces = rootNamespaces;
    objects.follow((changes) => this.#apply(changes));
  }

  /** The one that holds for a pod; undefined when none does. */
  find(namespace: string, labels: Readonly<Record<string, string>>): StoppedInjection | undefined {
    if (this.#known.size === 0) return undefined;
    const holds = (known: Known): boolean =>
      (known.namespace === namespace || this.#rootNamespaces.includes(known.namespace)) &&
      known.until.getTime() > this.#now() &&
      Object.entries(known.labels).every(([key, value]) => labels[key] === value);
    const found = [...this.#known.values()].find(holds);
    return found === undefined ? undefined : { name: found.name, until: found.until, reason: found.reason };
  }

  #apply({ upserts, removals }: ObjectChanges): void {
    for (const key of removals) this.#known.delete(key);
    for (const object of upserts) {
      if (object.kind !== 'Emergency') continue;
      const before = this.#known.get(objectKey(object));
      const known = this.#read(object, before);
      if (known === undefined) this.#known.delete(objectKey(object));
      else this.#known.set(objectKey(object), known);
    }
  }

  #read({ namespace, name, object }: SourceObject, before: Known | undefined): Known | undefined {
    const { value } = validate(object);
    if (value?.kind !== 'Emergency' || value.spec.level !== 'inject') return undefined;
    const { metadata } = object;
    const created = Date.parse(isObject(metadata) ? String(metadata.creationTimestamp) : '');
    const ttl = parseDuration(value.spec.ttl) ?? 0;
    // One of a file has no time of its own: it counts from when it was first seen.
    const seen = before?.until ?? new Date(this.#now() + ttl);
    const until = Number.isNaN(created) ? seen : new Date(Math.min(created, this.#now()) + ttl);
    const labels = value.spec.selector?.matchLabels ?? {};
    return { namespace, name: `${namespace}/${name}`, labels, until, reason: value.spec.reason ?? '' };
  }
}
