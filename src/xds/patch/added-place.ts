import type { PatchIR } from '../../ir/types/patch.ts';
import type { Message } from '../resource.ts';

type FilterClass = NonNullable<PatchIR['filterClass']>;

/** In which requests meet them. */
const ranks: Readonly<Record<FilterClass, number>> = { AUTHN: 0, AUTHZ: 1, STATS: 2 };

/** The classes of filters that patches have added: a filter itself does not say. */
const added = new WeakMap<Message, FilterClass>();

/** Remembers of which class a filter is that is added now. */
export function rememberClass(filter: Message, filterClass: PatchIR['filterClass']): void {
  if (filterClass !== undefined) added.set(filter, filterClass);
}

/**
 * Where a filter goes that is added. Envoy takes none behind one that ends a chain. A class says what it comes behind
 * (https://istio.io/latest/docs/reference/config/networking/envoy-filter/#EnvoyFilter-Patch-FilterClass): who calls (AUTHN), what
 * callers may (AUTHZ). Metrics are counted by access logs, so STATS is before the end. Where a chain has nothing of the kind, classes
 * stand in that order, whatever the order of the patches.
 */
export function addedPlace(filters: readonly Message[], filterClass: PatchIR['filterClass']): number {
  const end = filters.findIndex(({ name }) => ends.has(String(name)));
  const last = end < 0 ? filters.length : end;
  if (filterClass === undefined) return last;
  const isLater = (filter: Message) => ranks[added.get(filter) ?? filterClass] > ranks[filterClass];
  const after = lastOf(filters, anchors[filterClass]);
  if (after >= 0) return behindAdded(filters, after, isLater);
  const first = filters.findIndex(
    (filter) => isLater(filter) || (filterClass === 'AUTHN' && isAuthorization(String(filter['name']))),
  );
  return first < 0 ? last : first;
}

type Names = (name: string) => boolean;

/** Of requests and of connections: `outrigger.rbac.allow`, `envoy.filters.network.ext_authz`. */
const isAuthorization: Names = (name) =>
  name.startsWith('outrigger.rbac.') || /^envoy\.filters\.(?:http|network)\.(?:rbac|ext_authz)$/.test(name);

const anchors: Readonly<Record<FilterClass, Names>> = {
  AUTHN: (name) => name === 'envoy.filters.http.jwt_authn',
  AUTHZ: isAuthorization,
  STATS: () => false,
};

const ends: ReadonlySet<string> = new Set([
  'envoy.filters.http.router',
  'envoy.filters.network.http_connection_manager',
  'envoy.filters.network.tcp_proxy',
]);

/** The mesh's own behind those: what stands before the next of them was put there by patches. */
const isOwn: Names = (name) => name.startsWith('outrigger.') || /\.(?:cors|fault|\w*forward_proxy)$/.test(name);

function lastOf(filters: readonly Message[], isMeant: Names): number {
  return filters.findLastIndex(({ name }) => isMeant(String(name)));
}

/** Filters of a class stand in the order in which they came. */
function behindAdded(filters: readonly Message[], at: number, isLater: (filter: Message) => boolean): number {
  const isNext = (filter: Message) =>
    isOwn(String(filter['name'])) || ends.has(String(filter['name'])) || isLater(filter);
  const next = filters.findIndex((filter, index) => index > at && isNext(filter));
  return next < 0 ? filters.length : next;
}
