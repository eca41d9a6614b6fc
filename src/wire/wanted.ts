import { withAliases } from '../xds/encode/encode-resource.ts';
import type { EncodedResource, ProxyResources, XdsType } from '../xds/resource.ts';

/** What a client should have for the names that it asked for. */
export interface Wanted {
  /** By the resource's own name. */
  readonly resources: ReadonlyMap<string, EncodedResource>;
  /** Asked name to the resource's own, where they differ: virtual hosts on demand. */
  readonly nameOf: ReadonlyMap<string, string>;
}

interface Found {
  readonly resource: EncodedResource;
  readonly aliases: Set<string>;
}

/**
 * A virtual host may be asked for under many names (`80/reviews`, `80/reviews:80`): it is one resource with all of
 * them as aliases, sorted, so that its version does not depend on the order of the questions.
 */
export function wantedByName(resources: ProxyResources, type: XdsType, names: Iterable<string>): Wanted {
  const found = new Map<string, Found>();
  const nameOf = new Map<string, string>();
  for (const asked of names) {
    const resource = resources.named(type, asked);
    if (resource === undefined) continue;
    const entry = found.get(resource.name) ?? { resource, aliases: new Set<string>() };
    found.set(resource.name, entry);
    for (const alias of resource.aliases ?? []) entry.aliases.add(alias);
    if (resource.name === asked) continue;
    entry.aliases.add(asked);
    nameOf.set(asked, resource.name);
  }
  const merged = [...found].map(([name, { resource, aliases }]): [string, EncodedResource] => [
    name,
    aliases.size === 0 ? resource : withAliases(resource, [...aliases].sort()),
  ]);
  return { resources: new Map(merged), nameOf };
}
