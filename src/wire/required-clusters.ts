import type { EncodedResource, ResourceSet } from '../xds/resource.ts';

const none: ReadonlySet<string> = new Set();
const ofSets = new WeakMap<ResourceSet, ReadonlySet<string>>();

/** Clusters that the resources of a set need and no client asks for by itself. Once a set, for all proxies. */
export function requiredBySet(set: ResourceSet): ReadonlySet<string> {
  const known = ofSets.get(set);
  if (known !== undefined) return known;
  const made = requiredBy(set.values());
  ofSets.set(set, made);
  return made;
}

export function requiredBy(resources: Iterable<EncodedResource>): ReadonlySet<string> {
  let found: Set<string> | undefined;
  for (const { requires = [] } of resources) {
    for (const name of requires) {
      found ??= new Set();
      found.add(name);
    }
  }
  return found ?? none;
}

/** One of the given when it holds all of the others. */
export function union(sets: readonly ReadonlySet<string>[]): ReadonlySet<string> {
  const filled = sets.filter((set) => set.size > 0);
  if (filled.length <= 1) return filled[0] ?? none;
  return new Set(filled.flatMap((set) => [...set]));
}
