import { isServerName } from '../../model/server-name.ts';
import { tcpRoutesOf, tlsRoutesOf } from '../../policy/virtual-service/l4-rules.ts';
import type { TlsRouteIR } from '../types/outbound.ts';
import { type GatewayScene, type PlacedServer, problemOf } from './gateway-facts.ts';
import { covers, serverHosts, serverNames } from './gateway-hosts.ts';
import { boundRules } from './gateway-rules.ts';

/** Where connections of a TCP server go: as the oldest VirtualService says that has a rule for it. */
export function tcpServerRoutes(placed: PlacedServer, scene: GatewayScene): readonly TlsRouteIR[] {
  const hosts = serverHosts(placed.server.hosts, placed.config).map(({ host }) => host);
  const sniHosts = placed.kind === 'tls' ? serverNames(hosts.filter(isServerName)) : [];
  for (const { context } of boundRules(placed, scene)) {
    const rules = tcpRoutesOf(context).filter(({ destinations }) => destinations.length > 0);
    if (rules.length > 0) return rules.map((rule) => ({ ...rule, sniHosts }));
  }
  return [];
}

/** Where TLS of clients goes on as it is, by the server name that they ask for; oldest rule first. */
export function passthroughRoutes(placed: PlacedServer, scene: GatewayScene): readonly TlsRouteIR[] {
  const served = serverHosts(placed.server.hosts, placed.config);
  return boundRules(placed, scene).flatMap(({ context }) => {
    const own = served.filter(({ namespace }) => namespace === '*' || namespace === context.config.namespace);
    return tlsRoutesOf(context).flatMap((route) => {
      // What no server has is not the gateway's to pass on.
      const names = route.sniHosts
        .map((name) => name.toLowerCase())
        .filter((name) => isServerName(name) && own.some(({ host }) => covers(host, name)));
      if (names.length === 0 || route.destinations.length === 0) return [];
      return [{ ...route, sniHosts: serverNames(names) }];
    });
  });
}

/** Envoy refuses a listener in which two chains take the same connections: of two the first stays. */
export function unlikeRoutes(routes: readonly TlsRouteIR[], taken: Set<string>, scene: GatewayScene): TlsRouteIR[] {
  return routes.flatMap((route) => {
    const [names, twice] = split(route, taken);
    if (twice.length > 0) {
      const what = twice.map((name) => (name === '' ? 'every server name' : name)).join(', ');
      scene.report(problemOf('duplicate-host', `${what} is routed by an older rule already`, ...route.origins));
    }
    if (names.length === 0) return [];
    return [{ ...route, sniHosts: names.filter((name) => name !== '') }];
  });
}

function split(route: TlsRouteIR, taken: Set<string>): readonly [string[], string[]] {
  const names = route.sniHosts.length === 0 ? [''] : route.sniHosts;
  const subnets = route.subnets.length === 0 ? [''] : route.subnets;
  const places = (name: string) => subnets.map((subnet) => `${name} ${subnet}`);
  const free = names.filter((name) => places(name).every((place) => !taken.has(place)));
  for (const place of free.flatMap(places)) taken.add(place);
  return [free, names.filter((name) => !free.includes(name))];
}
