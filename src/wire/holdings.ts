import type { EncodedResource, ResourceSet } from '../xds/resource.ts';
import { differenceOf, emptySet } from './set-difference.ts';

/** A version that no resource has: the client may hold something under the name, and nobody knows what. */
export const unknownVersion = '?';

/** What a client lacks of what it should have, and what it has and should not. */
export interface Shortfall {
  readonly resources: readonly EncodedResource[];
  readonly removed: readonly string[];
}

/**
 * What a client holds of one type, by resource name: a shared set, and what is otherwise. With the same 1,000 virtual
 * hosts sent to 1,000 proxies this is one reference a proxy.
 */
export class Holdings {
  #base: ResourceSet = emptySet;
  /** Undefined: not held although the base has it. */
  readonly #exceptions = new Map<string, string | undefined>();

  version(name: string): string | undefined {
    return this.#exceptions.has(name) ? this.#exceptions.get(name) : this.#base.get(name)?.version;
  }

  put(name: string, version: string | undefined): void {
    if (this.#base.get(name)?.version === version) this.#exceptions.delete(name);
    else this.#exceptions.set(name, version);
  }

  *names(): Iterable<string> {
    for (const name of this.#base.keys()) if (this.version(name) !== undefined) yield name;
    for (const [name, version] of this.#exceptions) if (version !== undefined && !this.#base.has(name)) yield name;
  }

  /** Compared with `set` and, where it says otherwise, `named`. */
  shortfall(set: ResourceSet, named: ReadonlyMap<string, EncodedResource>): Shortfall {
    const { changed, removed } = differenceOf(this.#base, set);
    if (this.#exceptions.size === 0 && named.size === 0) return { resources: changed, removed };
    const lacking: EncodedResource[] = [];
    const surplus: string[] = [];
    for (const name of this.#candidates(set, named)) {
      const wanted = named.get(name) ?? set.get(name);
      const held = this.version(name);
      if (wanted === undefined && held !== undefined) surplus.push(name);
      if (wanted !== undefined && wanted.version !== held) lacking.push(wanted);
    }
    return { resources: lacking, removed: surplus };
  }

  /** The client was sent `sent` on its way to `set`; what is neither there nor in `set` stays as an exception. */
  apply(sent: Shortfall, set: ResourceSet = this.#base): void {
    this.#rebase(set, sent);
    for (const { name, version } of sent.resources) this.put(name, version);
    for (const name of sent.removed) this.put(name, undefined);
  }

  #rebase(set: ResourceSet, sent: Shortfall): void {
    if (set === this.#base) return;
    const difference = differenceOf(this.#base, set);
    const before = new Map<string, string | undefined>();
    const all = sent.resources === difference.changed && sent.removed === difference.removed;
    if (!all) {
      for (const { name } of difference.changed) before.set(name, this.version(name));
      for (const name of difference.removed) before.set(name, this.version(name));
    }
    for (const [name, version] of this.#exceptions) before.set(name, version);
    this.#base = set;
    this.#exceptions.clear();
    for (const [name, version] of before) this.put(name, version);
  }

  *#candidates(set: ResourceSet, named: ReadonlyMap<string, EncodedResource>): Iterable<string> {
    const { changed, removed } = differenceOf(this.#base, set);
    const seen = new Set<string>();
    for (const { name } of changed) seen.add(name);
    for (const name of removed) seen.add(name);
    for (const name of this.#exceptions.keys()) seen.add(name);
    for (const name of named.keys()) seen.add(name);
    yield* seen;
  }
}
