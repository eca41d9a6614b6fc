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
  /** Of gateways that are known by name. */
  readonly gatewayAddresses: ReadonlyMap<string, readonly string[]>;
}

/** Of gateways that say no other. */
const usualPort = 15_443;

/** Undefined where no gateway leads from one network to another, for then all are called by address. */
export function networksOf(inputs: NetworkInputs): Networks | undefined {
  const networks = networksIn(inputs);
  return networks.gateways.size === 0 ? undefined : networks;
}

interface Entrance {
  readonly network: string;
  /** IP addresses and names. */
  readonly places: readonly string[];
  readonly port: number;
}

/** A gateway is a Service with the label of its network and an address or a name outside, or one that `meshNetworks` names. */
function entrancesOf({ services, settings }: Pick<NetworkInputs, 'services' | 'settings'>): readonly Entrance[] {
  const labelled = services.map((service) => {
    return { network: service.labels[networkLabel] ?? '', places: service.outside ?? [], port: portOf(service) };
  });
  const listed = Object.entries(settings.meshNetworks).flatMap(([network, { gateways = [] }]) =>
    gateways.map(({ address, registryServiceName, port = usualPort }) => {
      const service = services.find(({ hostname }) => hostname === registryServiceName);
      return { network, places: address === undefined ? (service?.outside ?? []) : [address], port };
    }),
  );
  return [...labelled.filter(({ network }) => network !== ''), ...listed];
}

/** Gateways that have to be looked up. */
export function gatewayNames(inputs: Pick<NetworkInputs, 'services' | 'settings'>): ReadonlySet<string> {
  return new Set(entrancesOf(inputs).flatMap(({ places }) => places.filter((place) => isIP(place) === 0)));
}

/** The networks of the mesh. */
export function networksIn(inputs: NetworkInputs): Networks {
  const { namespaces, settings, gatewayAddresses } = inputs;
  const { meshNetworks, rootNamespaces, clusterId } = settings;
  const found = new Map<string, NetworkGateway[]>();
  for (const { network, places, port } of entrancesOf(inputs)) {
    const addresses = places.flatMap((place) => (isIP(place) === 0 ? (gatewayAddresses.get(place) ?? []) : [place]));
    found.set(network, [...(found.get(network) ?? []), ...addresses.map((address) => ({ address, port }))]);
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
