import type { Origin } from '../../model/origin.ts';
import { rememberedBy } from '../../model/remembered.ts';
import type { ClusterIR } from '../types/cluster.ts';
import type { GatewayListenerIR, GatewayServerIR } from '../types/gateway.ts';
import type { OutboundView } from '../types/view.ts';
import { passedOn } from './auto-passthrough.ts';
import { type GatewayScene, problemOf } from './gateway-facts.ts';

/** The clusters that the routes of a gateway name, mirrors included, by name. */
export function gatewayClusters(
  listeners: readonly GatewayListenerIR[],
  view: OutboundView,
  scene: GatewayScene,
): readonly ClusterIR[] {
  const named = new Map<string, readonly Origin[]>();
  for (const { servers } of listeners)
    for (const [name, origins] of servers.flatMap(namedClusters)) if (!named.has(name)) named.set(name, origins);
  return [...named].sort(byName).flatMap(([name, origins]) => {
    const cluster = clusterNamed(name, view);
    if (cluster !== undefined) return [withoutCaller(cluster)];
    const message = `${name} is no service, port or subset that the gateway sees: requests for it get a 503`;
    scene.report(problemOf('unknown-destination', message, ...origins));
    return [];
  });
}

/** Those of the routes, and those that the gateway itself asks. */
export function withAsked(
  clusters: readonly ClusterIR[],
  asked: readonly (ClusterIR | undefined)[],
): readonly ClusterIR[] {
  const all = [...clusters, ...asked.filter((cluster) => cluster !== undefined).map(withoutCaller)];
  return [...new Map(all.map((cluster) => [cluster.name, cluster])).values()];
}

const byOwnName = (clusters: readonly ClusterIR[]): ReadonlyMap<string, ClusterIR> =>
  new Map(clusters.map((cluster) => [cluster.name, cluster]));
const clustersByName = rememberedBy((view: OutboundView) => byOwnName(view.ports.flatMap(({ clusters }) => clusters)));
const passedOnByName = rememberedBy((view: OutboundView) => byOwnName(passedOn(view)));

function clusterNamed(name: string, view: OutboundView): ClusterIR | undefined {
  return clustersByName(view).get(name) ?? (name.startsWith('outbound_.') ? passedOnByName(view).get(name) : undefined);
}

function byName([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : 1;
}

function namedClusters(server: GatewayServerIR): (readonly [string, readonly Origin[]])[] {
  if (server.kind === 'tcp')
    return server.routes.flatMap(({ destinations, origins }) =>
      destinations.map(({ cluster }) => [cluster, origins] as const),
    );
  return server.virtualHosts.flatMap(({ routes }) =>
    routes.flatMap(({ action, origin }) => {
      if (action.kind !== 'forward') return [];
      const origins = origin === undefined ? [] : [origin];
      return [...action.destinations, ...action.mirrors].map(({ cluster }) => [cluster, origins] as const);
    }),
  );
}

/**
 * Where a sidecar goes on to the address that its app called, a gateway was called itself: it would send to itself for
 * ever. So it balances over the endpoints, also for headless services, as in Istio.
 */
export const withoutCaller = rememberedBy((cluster: ClusterIR): ClusterIR => {
  const { kind } = cluster.discovery;
  if (kind !== 'headless' && kind !== 'original') return cluster;
  return { ...cluster, discovery: { kind: 'eds', service: cluster.name } };
});
