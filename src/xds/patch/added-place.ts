import type { PatchIR } from '../../ir/types/patch.ts';
import type { Message } from '../resource.ts';

/**
 * Where a filter goes that is added. Envoy takes none behind one that ends a chain. A class says what it comes behind
 * (https://istio.io/latest/docs/reference/config/networking/envoy-filter/#EnvoyFilter-Patch-FilterClass): who calls (AUTHN), what
 * callers may (AUTHZ). Metrics are counted by access logs, so STATS is before the end. Pure.
 */
export function addedPlace(filters: readonly Message[], filterClass: PatchIR['filterClass']): number {
  const after = filterClass === undefined ? -1 : lastOf(filters, anchors[filterClass]);
  if (after >= 0) return behindAdded(filters, after);
  if (filterClass === 'AUTHN') {
    const first = filters.findIndex(({ name }) => isAuthorization(String(name)));
    if (first >= 0) return first;
  }
  const end = filters.findIndex(({ name }) => ends.has(String(name)));
  return end < 0 ? filters.length : end;
}

type Names = (name: string) => boolean;

/** Of requests and of connections: `outrigger.rbac.allow`, `envoy.filters.network.ext_authz`. */
const isAuthorization: Names = (name) =>
  name.startsWith('outrigger.rbac.') || /^envoy\.filters\.(?:http|network)\.(?:rbac|ext_authz)$/.test(name);

const anchors: Readonly<Record<NonNullable<PatchIR['filterClass']>, Names>> = {
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
function behindAdded(filters: readonly Message[], at: number): number {
  const next = filters.findIndex(({ name }, index) => index > at && (isOwn(String(name)) || ends.has(String(name))));
  return next < 0 ? filters.length : next;
}
