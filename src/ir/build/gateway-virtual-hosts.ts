import type { Origin } from '../../model/origin.ts';
import { originsOf } from '../../policy/virtual-service/delegates.ts';
import { isCatchAll } from '../../policy/virtual-service/match.ts';
import type { RouteIR, VirtualHostIR } from '../types/route.ts';
import type { GatewayScene, PlacedServer } from './gateway-facts.ts';
import { serverHosts } from './gateway-hosts.ts';
import { boundRules } from './gateway-rules.ts';

/** A virtual host while it is put together. */
interface Draft {
  readonly port: number;
  readonly routes: RouteIR[];
  readonly origins: Origin[];
  requireTls: boolean;
}

/** The hosts of servers that share a route configuration. Nothing to route is a 404 for everyone, as in Istio. */
export function gatewayVirtualHosts(servers: readonly PlacedServer[], scene: GatewayScene): readonly VirtualHostIR[] {
  const drafts = new Map<string, Draft>();
  for (const placed of servers) {
    for (const { context, hosts } of boundRules(placed, scene)) {
      const routes = scene.routesOf(context);
      if (routes.length === 0) continue;
      for (const host of hosts) add(draftOf(drafts, host, placed), routes, originsOf(context.config));
    }
    if (placed.server.tls?.httpsRedirect === true) redirectAll(drafts, placed);
  }
  if (drafts.size === 0) return [blackHole(servers)];
  return [...drafts].map(([host, draft]) => finished(host, draft, scene));
}

function draftOf(drafts: Map<string, Draft>, host: string, { server, origin }: PlacedServer): Draft {
  const draft = drafts.get(host) ?? { port: server.port.number, routes: [], origins: [origin], requireTls: false };
  drafts.set(host, draft);
  if (server.tls?.httpsRedirect === true) draft.requireTls = true;
  return draft;
}

function add(draft: Draft, routes: readonly RouteIR[], origins: readonly Origin[]): void {
  draft.routes.push(...routes);
  draft.origins.push(...origins);
}

/** Every host of such a server answers by a redirect, those without a VirtualService, too. */
function redirectAll(drafts: Map<string, Draft>, placed: PlacedServer): void {
  for (const { host } of serverHosts(placed.server.hosts, placed.config)) draftOf(drafts, host, placed);
}

function blackHole(servers: readonly PlacedServer[]): VirtualHostIR {
  const port = servers[0]?.server.port.number ?? 0;
  const base = { routes: [], external: false, requireTls: false, origins: servers.map(({ origin }) => origin) };
  return { name: `blackhole:${port}`, domains: ['*'], ...base };
}

function finished(host: string, { port, routes, origins, requireTls }: Draft, scene: GatewayScene): VirtualHostIR {
  return {
    name: `${host}:${port}`,
    domains: [host],
    routes: inOrder(routes),
    external: routes.some((route) => leavesMesh(route, scene)),
    requireTls,
    origins: [...new Set(origins)],
  };
}

/** Rules for every request go behind all others, whichever VirtualService they are of; of several the oldest stays. */
function inOrder(routes: readonly RouteIR[]): readonly RouteIR[] {
  const last = routes.find(({ match }) => isCatchAll(match));
  const others = routes.filter(({ match }) => !isCatchAll(match));
  return last === undefined ? others : [...others, last];
}

/** Nothing of ours may be told to the world: one destination outside is enough for the whole host. */
function leavesMesh({ action }: RouteIR, { lookup }: GatewayScene): boolean {
  if (action.kind !== 'forward') return false;
  const clusters = [...action.destinations, ...action.mirrors].map(({ cluster }) => cluster);
  return clusters.some((cluster) => lookup(cluster.split('|')[3] ?? '')?.service.external === true);
}
