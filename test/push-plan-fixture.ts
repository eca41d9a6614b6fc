import { expect } from 'vitest';
import { type Outgoing, PushPlan } from '../src/wire/push-plan.ts';
import { encodeResource } from '../src/xds/encode/encode-resource.ts';
import type { EncodedResource, Message, ProxyResources, XdsType } from '../src/xds/resource.ts';

export const made = new Map<string, EncodedResource>();

export function encoded(
  type: XdsType,
  name: string,
  message: Message,
  more: Partial<EncodedResource> = {},
): EncodedResource {
  const key = JSON.stringify([type, name, message, more]);
  const known = made.get(key);
  if (known !== undefined) return known;
  const resource = encodeResource({ type, name, message, origins: [], ...more });
  made.set(key, resource);
  return resource;
}

/** A service: a cluster with endpoints, and a virtual host that routes to it and mirrors to another. */
export interface Service {
  readonly content: number;
  readonly mirror?: string | undefined;
}
export type Services = Readonly<Record<string, Service | undefined>>;

export const cluster = (name: string, content: number) =>
  encoded('cluster', name, { name, type: 'EDS', alt_stat_name: `${content}` }, { edsName: name });
export const endpoint = (name: string) => encoded('endpoint', name, { cluster_name: name });
export const tombstone = (name: string) => encoded('cluster', name, { name, type: 'STATIC' });

export function virtualHost(name: string, { content, mirror }: Service): EncodedResource {
  const message = { name: `80/${name}`, domains: [name, `${content}`, `mirror ${mirror ?? ''}`] };
  return encoded('virtualHost', `80/${name}`, message, mirror === undefined ? {} : { requires: [mirror] });
}

/** All by wildcard but mirrors' targets; names of services that are gone have tombstones when `gone` is so. */
export function world(
  services: Services,
  options: { readonly gone?: 'tombstones'; readonly vhds?: 'vhds' } = {},
): ProxyResources {
  const entries = Object.entries(services).flatMap(([name, service]) =>
    service === undefined ? [] : [{ name, service }],
  );
  const sets = new Map<XdsType, ReadonlyMap<string, EncodedResource>>([
    ['cluster', new Map(entries.map(({ name, service }) => [name, cluster(name, service.content)]))],
    ['virtualHost', new Map(entries.map(({ name, service }) => [`80/${name}`, virtualHost(name, service)]))],
  ]);
  const route = encoded('route', '80', options.vhds === undefined ? { name: '80' } : { name: '80', vhds: {} });
  return {
    wildcard: (type) => sets.get(type) ?? new Map(),
    named: (type, name) => {
      if (type === 'endpoint') return endpoint(name);
      if (type === 'route') return route;
      if (type !== 'cluster') return undefined;
      if (name.startsWith('mirror-')) return cluster(name, 1);
      return options.gone === undefined ? sets.get(type)?.get(name) : (sets.get(type)?.get(name) ?? tombstone(name));
    },
  };
}

export const nothing = { subscribe: [], unsubscribe: [], initialVersions: new Map<string, string>() };
export const brief = (out: readonly Outgoing[]) =>
  out.map(({ type, resources, removed }) =>
    [type, ...resources.map(({ name }) => name), ...removed.map((name) => `-${name}`)].join(' '),
  );
export const acknowledge = (plan: PushPlan, out: readonly Outgoing[]) => {
  for (const { type, nonce } of out) plan.answered(type, { nonce, error: undefined }, 0);
};

/** A plan whose client has taken all of `first`. */
export function started(
  first: ProxyResources,
  types: readonly XdsType[] = ['cluster', 'endpoint', 'virtualHost'],
): PushPlan {
  const plan = new PushPlan();
  for (const type of types) {
    const names = type === 'endpoint' ? [...first.wildcard('cluster').keys()] : type === 'route' ? ['80'] : [];
    acknowledge(plan, plan.request(type, { ...nothing, subscribe: names }, first, 0));
  }
  plan.change();
  acknowledge(plan, plan.step(first, 0));
  expect(plan.step(first, 0)).toEqual([]);
  return plan;
}

export function push(plan: PushPlan, next: ProxyResources, now: number): Outgoing[] {
  plan.change();
  return plan.step(next, now);
}
