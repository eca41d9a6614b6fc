import type { EncodedResource, ResourceSet } from '../xds/resource.ts';

/** What turns one set into another. Immutable and shared. */
export interface SetDifference {
  readonly changed: readonly EncodedResource[];
  readonly removed: readonly string[];
}

export const emptySet: ResourceSet = new Map();
const noDifference: SetDifference = { changed: [], removed: [] };

/** By the newer set, then the older: thousands of proxies go from the one to the other, one of them pays for it. */
const known = new WeakMap<ResourceSet, WeakMap<ResourceSet, SetDifference>>();

export function differenceOf(from: ResourceSet, to: ResourceSet): SetDifference {
  if (from === to) return noDifference;
  const ofTarget = known.get(to) ?? new WeakMap<ResourceSet, SetDifference>();
  known.set(to, ofTarget);
  const found = ofTarget.get(from) ?? compute(from, to);
  ofTarget.set(from, found);
  return found;
}

function compute(from: ResourceSet, to: ResourceSet): SetDifference {
  const changed = [...to.values()].filter((resource) => from.get(resource.name)?.version !== resource.version);
  const removed = [...from.keys()].filter((name) => !to.has(name));
  return { changed, removed };
}
