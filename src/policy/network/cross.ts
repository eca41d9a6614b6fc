import type { EndpointIR, LocalityEndpointsIR } from '../../ir/types/load-assignment.ts';
import type { Endpoint } from '../../model/endpoint.ts';
import type { NetworkGateway, Networks } from '../../model/network.ts';
import { networkOf } from './networks.ts';

/** How a client reaches the endpoints of a cluster. */
export interface Crossing {
  readonly networks: Networks;
  /** The network of the client; '' when it is not known, and all is near. */
  readonly from: string;
  /**
   * How endpoints of other networks are called, where gateways lead there: through these, which know by the server name of mutual
   * TLS alone whom a connection is for, or not at all. `never`: by a gateway, which stands in front of its own network, whether
   * others have gateways or not: a connection that it passed on elsewhere would last.
   */
  readonly others: 'by-gateways' | 'not-by-gateways' | 'never';
}

type Way = 'direct' | 'none' | readonly NetworkGateway[];

/** As in Istio, what no gateway leads to is called by its address, if it has one. */
export function wayTo(
  { endpoint, mtls }: Pick<EndpointIR, 'endpoint' | 'mtls'>,
  { networks, from, others }: Crossing,
): Way {
  const network = networkOf(networks, endpoint.network, endpoint.address);
  const gateways = networks.gateways.get(network);
  const isNear = from === '' || network === '' || network === from;
  if (!isNear && others === 'never') return 'none';
  if (isNear || gateways === undefined) return endpoint.address === '' ? 'none' : 'direct';
  return others === 'by-gateways' && mtls ? gateways : 'none';
}

/** Without those that the client has no way to. */
export function reachable(groups: readonly LocalityEndpointsIR[], crossing: Crossing): readonly LocalityEndpointsIR[] {
  return groups.flatMap((group) => {
    const endpoints = group.endpoints.filter((endpoint) => wayTo(endpoint, crossing) !== 'none');
    return endpoints.length === 0 ? [] : [{ ...group, endpoints }];
  });
}

/**
 * Gateways in place of the endpoints behind them, each with the weight of all of these together. Envoy takes an address once:
 * a gateway stands in the first locality of its nearest priority, and brings the weight of the others along.
 */
export function crossed(groups: readonly LocalityEndpointsIR[], crossing: Crossing): readonly LocalityEndpointsIR[] {
  const portions = groups.flatMap((group, index) => portionsOf(group, index, crossing));
  if (portions.length === 0) return groups;
  // So that a weight of 1 can be shared out among several gateways.
  const scale = portions.reduce((all, { among }) => leastCommonMultiple(all, among), 1);
  const homes = homesOf(portions);
  return groups.flatMap((group, index) => {
    const direct = group.endpoints.filter((item) => wayTo(item, crossing) === 'direct');
    const here = homes.filter((home) => home.index === index);
    const endpoints = [
      ...direct.map((item) => weighing(item, item.endpoint.weight * scale)),
      ...here.map(({ gateway, weight, sample }) => entrance(gateway, Math.round(weight * scale), sample)),
    ];
    if (endpoints.length === 0) return [];
    if (group.weight === undefined) return [{ ...group, endpoints }];
    const moved =
      sum(here, 'share') -
      sum(
        portions.filter((portion) => portion.index === index),
        'share',
      );
    return [{ ...group, endpoints, weight: Math.max(1, Math.round(group.weight + moved)) }];
  });
}

/** What an endpoint gives to a gateway that leads to it. */
interface Portion {
  readonly index: number;
  readonly priority: number;
  readonly gateway: NetworkGateway;
  /** Among how many gateways the endpoint is shared. */
  readonly among: number;
  readonly weight: number;
  /** Of the weight of its locality. */
  readonly share: number;
  readonly sample: Endpoint;
}

function portionsOf(group: LocalityEndpointsIR, index: number, crossing: Crossing): readonly Portion[] {
  const { endpoints, priority = 0 } = group;
  const size = endpoints.reduce((all, { endpoint }) => all + endpoint.weight, 0);
  return endpoints.flatMap((item) => {
    const way = wayTo(item, crossing);
    if (way === 'direct' || way === 'none') return [];
    const weight = item.endpoint.weight / way.length;
    const share = ((group.weight ?? size) * weight) / Math.max(1, size);
    return way.map((gateway) => ({
      index,
      priority,
      gateway,
      among: way.length,
      weight,
      share,
      sample: item.endpoint,
    }));
  });
}

/** One for each gateway, in order of their addresses. */
function homesOf(portions: readonly Portion[]): readonly Portion[] {
  const byPlace = Map.groupBy(portions, ({ gateway }) => `${gateway.address} ${gateway.port}`);
  return [...byPlace]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, list]) => {
      const nearest = Math.min(...list.map(({ priority }) => priority));
      const alike = list.filter(({ priority }) => priority === nearest);
      return alike.slice(0, 1).map((first) => ({ ...first, weight: sum(alike, 'weight'), share: sum(alike, 'share') }));
    });
}

function sum(portions: readonly Portion[], what: 'weight' | 'share'): number {
  return portions.reduce((all, portion) => all + portion[what], 0);
}

function weighing(item: EndpointIR, weight: number): EndpointIR {
  return item.endpoint.weight === weight ? item : { ...item, endpoint: { ...item.endpoint, weight } };
}

/** A connection to it is one to the service behind it, whoever answers there. */
function entrance({ address, port }: NetworkGateway, weight: number, { locality, origin }: Endpoint): EndpointIR {
  const nobody = { workload: '', workloadName: '', canonicalService: '', canonicalRevision: '' };
  return {
    endpoint: {
      ...{ address, port, servicePort: '', labels: {}, locality, weight, health: 'ready', nodeName: '', network: '' },
      ...{ meshed: true, serviceAccount: '', namespace: '', ...nobody, origin },
    },
    mtls: true,
    bypassed: false,
  };
}

function leastCommonMultiple(a: number, b: number): number {
  let [left, right] = [a, b];
  while (right !== 0) [left, right] = [right, left % right];
  return (a * b) / left;
}
