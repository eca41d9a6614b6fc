import { type ObjectChanges, type ObjectSource, objectKey, type SourceObject } from './object-source.ts';

/** Every object that a source has now, in one list, for those who look at all of them now and then. */
export class ObjectBook {
  readonly #objects = new Map<string, SourceObject>();
  #list: readonly SourceObject[] | undefined;

  follow(source: ObjectSource): () => void {
    return source.onObjects((changes) => this.#apply(changes));
  }

  /** The same list as long as nothing changes. */
  list(): readonly SourceObject[] {
    this.#list ??= [...this.#objects.values()];
    return this.#list;
  }

  #apply({ upserts, removals }: ObjectChanges): void {
    this.#list = undefined;
    for (const key of removals) this.#objects.delete(key);
    for (const object of upserts) this.#objects.set(objectKey(object), object);
  }
}
