import { BlockList, isIP, isIPv4 } from 'node:net';
import type { MeshSettings } from '../../model/mesh-settings.ts';
import { type NetworkGateway, type Networks, networkLabel } from '../../model/network.ts';
import type { NamespaceFacts } from '../../model/pod.ts';
import { rememberedBy } from '../../model/remembered.ts';
import type { Service } from '../../model/service.ts';
import type { Place } from '../locality/place.ts';

export interface NetworkInputs {
  readonly services: readonly Service[];
  readonly namespaces: ReadonlyMap<string, NamespaceFacts>;
  readonly settings: Pick<MeshSettings, 'meshNetworks' | 'clusterId' | 'rootNamespaces'>;
}

/** Of gateways that say no other. */
const usualPort = 15_443;

/** Undefined where no gateway leads from one network to another, for then all are called by address. */
export function networksOf(inputs: NetworkInputs): Networks | undefined {
  const networks = networksIn(inputs);
  return networks.gateways.size === 0 ? undefined : networks;
}

/**
 * The networks of the mesh. A gateway is a Service with the label of its network and an address outside, or one that `meshNetworks` names.
 */
export function networksIn({ services, namespaces, settings }: NetworkInputs): Networks {
  const { meshNetworks, rootNamespaces, clusterId } = settings;
  const found = new Map<string, NetworkGateway[]>();
  const add = (network: string, addresses: readonly string[], port: number) => {
    const list = found.get(network) ?? [];
    found.set(network, [
      ...list,
      ...addresses.filter((address) => isIP(address) !== 0).map((address) => ({ address, port })),
    ]);
  };
  for (const service of services) {
    const network = service.labels[networkLabel] ?? '';
    if (network !== '') add(network, service.outside ?? [], portOf(service));
  }
  for (const [network, { gateways = [] }] of Object.entries(meshNetworks))
    for (const { address, registryServiceName, port = usualPort } of gateways) {
      const service = services.find(({ hostname }) => hostname === registryServiceName);
      add(network, address === undefined ? (service?.outside ?? []) : [address], port);
    }
  const gateways = new Map(
    [...found]
      .filter(([, list]) => list.length > 0)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([network, list]) => [network, unique(list)]),
  );
  const places = Object.entries(meshNetworks).flatMap(([network, { endpoints = [] }]) =>
    endpoints.map((endpoint) => ({ ...endpoint, network })),
  );
  const labelled = rootNamespaces.flatMap((name) => namespaces.get(name)?.labels[networkLabel] ?? [])[0];
  const own = labelled ?? places.find(({ fromRegistry }) => fromRegistry === clusterId)?.network ?? '';
  const blocks = places.flatMap(({ fromCidr: cidr, network }) => (cidr === undefined ? [] : [{ cidr, network }]));
  return { own, blocks, gateways, key: JSON.stringify([own, blocks, [...gateways]]) };
}

function portOf({ labels }: Service): number {
  const given = Number(labels['networking.istio.io/gatewayPort'] ?? usualPort);
  return Number.isInteger(given) && given > 0 && given < 65_536 ? given : usualPort;
}

function unique(list: readonly NetworkGateway[]): readonly NetworkGateway[] {
  const known = new Map(list.map((gateway) => [`${gateway.address} ${gateway.port}`, gateway]));
  return [...known].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, gateway]) => gateway);
}

/**
 * The network of a proxy or an endpoint, '' when it is not known. As in Istio, what it says itself comes first (its label,
 * `network` of a WorkloadEntry), then the label of the mesh's own namespace, then `meshNetworks`.
 */
export function networkOf(networks: Networks, said: string, address: string): string {
  if (said !== '' || networks.own !== '') return said || networks.own;
  return networks.blocks.find((block) => isWithin(address, block))?.network ?? '';
}

/** The network of a client. */
export function clientNetwork(networks: Networks, { network, ips = [] }: Pick<Place, 'network' | 'ips'>): string {
  return networkOf(networks, network, ips[0] ?? '');
}

type Block = Networks['blocks'][number];

function isWithin(address: string, block: Block): boolean {
  if (isIP(address) === 0) return false;
  return listOf(block)?.check(address, isIPv4(address) ? 'ipv4' : 'ipv6') === true;
}

/** Undefined where the text is no block. */
const listOf = rememberedBy(({ cidr }: Block): BlockList | undefined => {
  const [base = '', given] = cidr.split('/');
  const longest = isIPv4(base) ? 32 : 128;
  const bits = given === undefined ? longest : Number(given);
  if (isIP(base) === 0 || !(bits <= longest)) return undefined;
  const list = new BlockList();
  list.addSubnet(base, bits, isIPv4(base) ? 'ipv4' : 'ipv6');
  return list;
});
