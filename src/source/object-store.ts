import { type FaultListener, faultOf } from '../model/fault.ts';
import { isSame } from '../model/same.ts';
import { type ObjectChanges, objectKey, type SourceObject } from './object-source.ts';

export type ObjectListener = (changes: ObjectChanges) => void;

/**
 * The objects of a source, and who follows them. What is set to an equal value stays the object that it was. A listener that
 * throws keeps no change from the others, and is told all of it but the objects that it cannot take.
 */
export class ObjectStore {
  readonly #onFault: FaultListener;
  readonly #objects = new Map<string, SourceObject>();
  readonly #listeners = new Set<ObjectListener>();

  /** `onFault` is told OR1660 of each object that a listener cannot take; without it, it is thrown. */
  constructor(onFault: FaultListener = thrown) {
    this.#onFault = onFault;
  }

  /** Tells all that is there now, and then each change. The answer ends that. */
  follow(listener: ObjectListener): () => void {
    this.#listeners.add(listener);
    if (this.#objects.size > 0) this.#tell(listener, { upserts: [...this.#objects.values()], removals: [] });
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
      if (known === object || isSame(known, object)) continue;
      this.#objects.set(key, object);
      changed.push(object);
    }
    if (changed.length + removed.length === 0) return;
    for (const listener of this.#listeners) this.#tell(listener, { upserts: changed, removals: removed });
  }

  /** Changes say how things are, so they may be told again: by halves, until it is known which one it was. */
  #tell(listener: ObjectListener, changes: ObjectChanges): void {
    try {
      listener(changes);
    } catch (error) {
      const halves = halvesOf(changes);
      if (halves === undefined) this.#onFault(faultOf('OR1660', nameOf(changes), error));
      else for (const half of halves) this.#tell(listener, half);
    }
  }
}

/** Removals first, as they are taken. Undefined for one change, or none. */
function halvesOf({ upserts, removals }: ObjectChanges): readonly ObjectChanges[] | undefined {
  if (upserts.length + removals.length < 2) return undefined;
  if (upserts.length > 0 && removals.length > 0)
    return [
      { upserts: [], removals },
      { upserts, removals: [] },
    ];
  const cut = (list: { readonly length: number }) => Math.ceil(list.length / 2);
  return [
    { upserts: upserts.slice(0, cut(upserts)), removals: removals.slice(0, cut(removals)) },
    { upserts: upserts.slice(cut(upserts)), removals: removals.slice(cut(removals)) },
  ];
}

function nameOf({ upserts: [object], removals: [key = ''] }: ObjectChanges): string {
  return object === undefined ? key : objectKey(object);
}

function thrown(fault: Error): never {
  throw fault;
}
