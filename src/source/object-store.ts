import { isDeepStrictEqual } from 'node:util';
import { type ObjectChanges, objectKey, type SourceObject } from './object-source.ts';

export type ObjectListener = (changes: ObjectChanges) => void;

/** The objects of a source, and who follows them. What is set to an equal value stays the object that it was. */
export class ObjectStore {
  readonly #objects = new Map<string, SourceObject>();
  readonly #listeners = new Set<ObjectListener>();

  /** Tells all that is there now, and then each change. The answer ends that. */
  follow(listener: ObjectListener): () => void {
    this.#listeners.add(listener);
    if (this.#objects.size > 0) listener({ upserts: [...this.#objects.values()], removals: [] });
    return () => this.#listeners.delete(listener);
  }

  keys(): Iterable<string> {
    return this.#objects.keys();
  }

  change(upserts: Iterable<SourceObject>, removals: Iterable<string>): void {
    const removed = [...removals].filter((key) => this.#objects.delete(key));
    const changed: SourceObject[] = [];
    for (const object of upserts) {
      const key = objectKey(object);
      const known = this.#objects.get(key);
      if (known === object || isDeepStrictEqual(known, object)) continue;
      this.#objects.set(key, object);
      changed.push(object);
    }
    if (changed.length + removed.length === 0) return;
    for (const listener of this.#listeners) listener({ upserts: changed, removals: removed });
  }
}
