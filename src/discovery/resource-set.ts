import type { EncodedResource, ResourceSet } from '../xds/resource.ts';

export const noResources: ResourceSet = new Map();

/** A set in which of two resources with one name the first stays. */
export function resourceSet(resources: Iterable<EncodedResource>): ResourceSet {
  const set = new Map<string, EncodedResource>();
  for (const resource of resources) if (!set.has(resource.name)) set.set(resource.name, resource);
  return set;
}

/** The set that is there already, if it has the same content: whoever compares by identity sees no change. */
export function sameOr(known: ResourceSet | undefined, next: ResourceSet): ResourceSet {
  if (known === undefined || known.size !== next.size) return next;
  for (const [name, { version }] of next) if (known.get(name)?.version !== version) return next;
  return known;
}

/** Two sets as one, the same one for the same two. */
export class JoinedSets {
  readonly #known = new WeakMap<ResourceSet, WeakMap<ResourceSet, ResourceSet>>();

  join(left: ResourceSet, right: ResourceSet): ResourceSet {
    if (right.size === 0) return left;
    if (left.size === 0) return right;
    const inner = this.#known.get(left) ?? new WeakMap<ResourceSet, ResourceSet>();
    this.#known.set(left, inner);
    const known = inner.get(right);
    if (known !== undefined) return known;
    const joined = resourceSet([...left.values(), ...right.values()]);
    inner.set(right, joined);
    return joined;
  }
}
