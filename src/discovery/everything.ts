import { decodeResource } from '../xds/encode/decode-resource.ts';
import type { EncodedResource, Message, ProxyResources, XdsType } from '../xds/resource.ts';

/** A resource as a person reads it. */
export interface ShownResource {
  readonly type: XdsType;
  readonly name: string;
  readonly version: string;
  readonly message: Message;
  readonly origins: EncodedResource['origins'];
}

const wildcards: readonly XdsType[] = ['cluster', 'listener', 'virtualHost'];

/**
 * All that a proxy has, or would have after the first call of everything that its configuration names: what it gets
 * unasked, and what follows from that. By type and name, without secrets.
 */
export function everythingOf(resources: ProxyResources): readonly ShownResource[] {
  const found = new Map<string, ShownResource>();
  const open: ShownResource[] = [];
  const add = (resource: EncodedResource | undefined): void => {
    if (resource === undefined) return;
    const key = `${resource.type} ${resource.name}`;
    if (found.has(key)) return;
    const { type, name, version, origins } = resource;
    const shown = { type, name, version, origins, message: decodeResource(resource) };
    found.set(key, shown);
    open.push(shown);
    if (resource.edsName !== undefined) add(resources.named('endpoint', resource.edsName));
  };
  for (const type of wildcards) for (const resource of resources.wildcard(type).values()) add(resource);
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    for (const [type, name] of namesIn(next.message)) add(resources.named(type, name));
  }
  const order = (resource: ShownResource) => `${resource.type} ${resource.name}`;
  return [...found.values()].sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

const namingFields: ReadonlyMap<string, XdsType> = new Map([
  ['route_config_name', 'route'],
  ['cluster', 'cluster'],
]);

/** The route configurations, clusters and filters that a message refers to. */
function* namesIn(value: unknown): Generator<[XdsType, string]> {
  if (Array.isArray(value)) {
    for (const item of value) yield* namesIn(item);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const type = namingFields.get(key);
    if (key === 'config_discovery' && 'name' in value) yield ['extension', String(value.name)];
    else if (type !== undefined && typeof inner === 'string') yield [type, inner];
    else if (key === 'weighted_clusters') yield* weightedIn(inner);
    else yield* namesIn(inner);
  }
}

function* weightedIn(value: unknown): Generator<[XdsType, string]> {
  const clusters = typeof value === 'object' && value !== null && 'clusters' in value ? value.clusters : [];
  if (!Array.isArray(clusters)) return;
  for (const cluster of clusters) if (typeof cluster?.name === 'string') yield ['cluster', cluster.name];
}
