import { withAliases } from '../xds/encode/encode-resource.ts';
import type { EncodedResource, ProxyResources, XdsType } from '../xds/resource.ts';

/** What a client should have for the names that it asked for. */
export interface Wanted {
  /** By the resource's own name. */
  readonly resources: ReadonlyMap<string, EncodedResource>;
  /** Asked name to the resource's own, where they differ: virtual hosts on demand. */
  readonly nameOf: ReadonlyMap<string, string>;
}

/**
 * The latest of those asked for: Envoy needs an alias to let a waiting request go on, and not after that. A crawler
 * behind `*.example.com` would otherwise make each answer longer than the one before.
 */
const mostAliases = 200;

/**
 * A virtual host may be asked for under many names (`80/reviews`, `80/reviews:80`): it is one resource with all of
 * them as aliases, sorted, so that its version does not depend on the order of the questions.
 */
export function wantedByName(resources: ProxyResources, type: XdsType, names: Iterable<string>): Wanted {
  const found = new Map<string, EncodedResource>();
  const nameOf = new Map<string, string>();
  for (const asked of names) {
    const resource = resources.named(type, asked);
    if (resource === undefined) continue;
    const before = found.get(resource.name);
    if (resource.name !== asked) nameOf.set(asked, resource.name);
    found.set(resource.name, before === undefined ? resource : withAliases(before, merge(before, resource)));
  }
  for (const [name, asked] of Map.groupBy(nameOf.keys(), (asked) => nameOf.get(asked) ?? asked)) {
    const resource = found.get(name);
    const { aliases = [] } = resource ?? {};
    if (resource !== undefined)
      found.set(name, withAliases(resource, sorted([...aliases, ...asked.slice(-mostAliases)])));
  }
  return { resources: found, nameOf };
}

function merge({ aliases: some = [] }: EncodedResource, { aliases: others = [] }: EncodedResource): readonly string[] {
  return some === others ? some : sorted([...some, ...others]);
}

function sorted(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort();
}
