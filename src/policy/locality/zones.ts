import type { LocalityIR } from '../../ir/types/cluster.ts';
import type { LocalityEndpointsIR } from '../../ir/types/load-assignment.ts';
import type { Locality } from '../../model/endpoint.ts';
import { type Place, peersNear, type ZoneCounts } from './place.ts';

type Groups = readonly LocalityEndpointsIR[];
type Zones = Extract<LocalityIR, { kind: 'zones' }>;
export const zoneOf = ({ region, zone }: Locality): string => `${region}/${zone}`;

/** The whole of the weights: a zone that is to get nothing keeps one of it, for when all others fail. */
const whole = 100_000_000;

/**
 * Shares of the zones of the nearest priority, so that a client stays in its zone as far as every endpoint is to get the same
 * number of requests. As Envoy computes it from a local cluster of its own:
 * https://www.envoyproxy.io/docs/envoy/v1.40.0/intro/arch_overview/upstream/load_balancing/zone_aware
 */
export function weighZones(groups: Groups, { minSize }: Zones, client: Place): Groups {
  const near = groups.filter(isNearest);
  const servers = countZones(near.flatMap(({ locality, endpoints }) => endpoints.map(() => locality)));
  if (total(servers) < minSize) return groups;
  const shares = sharesOf(servers, peersNear(client), zoneOf(client.locality));
  if (shares === undefined) return groups;
  return groups.map((group) => {
    if (!isNearest(group)) return group;
    const zone = zoneOf(group.locality);
    const part = group.endpoints.length / (servers.get(zone) ?? 1);
    return { ...group, weight: Math.max(1, Math.round(whole * (shares.get(zone) ?? 0) * part)) };
  });
}

const isNearest = ({ priority = 0 }: LocalityEndpointsIR) => priority === 0;

/** Undefined where the client has no endpoint in its zone, or it is not known where its like are. */
export function sharesOf(servers: ZoneCounts, clients: ZoneCounts, own: string): ZoneCounts | undefined {
  const ofServers = fractions(servers);
  const ofClients = fractions(clients);
  const [there, here] = [ofServers.get(own) ?? 0, ofClients.get(own) ?? 0];
  if (there === 0 || here === 0) return undefined;
  if (there >= here) return new Map([[own, 1]]);
  // What is left goes where there are more endpoints than clients of that zone need.
  const spare = new Map([...ofServers].map(([zone, part]) => [zone, Math.max(0, part - (ofClients.get(zone) ?? 0))]));
  const left = 1 - there / here;
  return new Map([...spare].map(([zone, part]) => [zone, zone === own ? 1 - left : (left * part) / total(spare)]));
}

function fractions(counts: ZoneCounts): ZoneCounts {
  const all = total(counts);
  return new Map([...counts].map(([zone, count]) => [zone, count / all]));
}

const total = (counts: ZoneCounts): number => [...counts.values()].reduce((all, count) => all + count, 0);

export function countZones(localities: readonly Locality[]): ZoneCounts {
  const grouped = Map.groupBy(localities, zoneOf);
  return new Map([...grouped].map(([zone, list]) => [zone, list.length] as const).sort(([a], [b]) => (a < b ? -1 : 1)));
}
