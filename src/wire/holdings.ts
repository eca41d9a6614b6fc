import type { EncodedResource, ResourceSet } from '../xds/resource.ts';
import { differenceOf, emptySet, type SetDifference } from './set-difference.ts';

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
    const compare = (name: string, wanted: EncodedResource | undefined): void => {
      const held = this.version(name);
      if (wanted === undefined && held !== undefined) surplus.push(name);
      if (wanted !== undefined && wanted.version !== held) lacking.push(wanted);
    };
    // Each name once, without a list of all: proxies with thousands of names are compared at each change.
    for (const [name, wanted] of named) compare(name, wanted);
    for (const name of this.#exceptions.keys()) if (!named.has(name)) compare(name, set.get(name));
    const isOther = (name: string): boolean => !named.has(name) && !this.#exceptions.has(name);
    for (const wanted of changed) if (isOther(wanted.name)) compare(wanted.name, wanted);
    for (const name of removed) if (isOther(name)) compare(name, undefined);
    return { resources: lacking, removed: surplus };
  }

  /** The client was sent `sent` on its way to `set`; what is neither there nor in `set` stays as an exception. */
  apply(sent: Shortfall, set: ResourceSet = this.#base): void {
    const difference = differenceOf(this.#base, set);
    if (this.#exceptions.size === 0 && isWhole(sent, difference)) {
      this.#base = set;
      return;
    }
    if (set !== this.#base) this.#rebase(set, difference);
    for (const { name, version } of sent.resources) this.put(name, version);
    for (const name of sent.removed) this.put(name, undefined);
  }

  #rebase(set: ResourceSet, { changed, removed }: SetDifference): void {
    const before = new Map<string, string | undefined>();
    for (const { name } of changed) before.set(name, this.version(name));
    for (const name of removed) before.set(name, this.version(name));
    for (const [name, version] of this.#exceptions) before.set(name, version);
    this.#base = set;
    this.#exceptions.clear();
    for (const [name, version] of before) this.put(name, version);
  }
}

/** Whether `sent` is the whole way, as it is for proxies that ask for no names. */
function isWhole(sent: Shortfall, { changed, removed }: SetDifference): boolean {
  if (sent.resources !== changed) return false;
  if (removed.length === 0) return sent.removed.length === 0;
  const gone = new Set(sent.removed);
  return gone.size === removed.length && removed.every((name) => gone.has(name));
}
