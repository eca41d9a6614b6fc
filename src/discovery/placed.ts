import type { ClusterIR, LocalityIR } from '../ir/types/cluster.ts';
import type { Networks } from '../model/network.ts';
import { rememberedBy } from '../model/remembered.ts';
import type { Workload } from '../model/workload.ts';
import { type Place, placeKey, type ZoneCounts } from '../policy/locality/place.ts';
import { countZones } from '../policy/locality/zones.ts';
import { clientNetwork } from '../policy/network/networks.ts';
import type { Snapshot } from '../registry/snapshot.ts';
import { nearnessOf } from './endpoint-resources.ts';

/** A client of which nothing is known; for what is the same wherever a client is. */
export const anywhere: Place = {
  locality: { region: '', zone: '', subzone: '' },
  nodeName: '',
  labels: {},
  network: '',
};

/** Where the proxy of a workload is. */
export function placeOf({ workloads }: Pick<Snapshot, 'workloads'>, workload: Workload): Place {
  const { locality, nodeName, labels, ips, namespace, canonicalService, metadata } = workload;
  // As in Istio, what its proxy says (ISTIO_META_NETWORK) counts for a client, and its label for an endpoint.
  const network = metadata['NETWORK'] ?? workload.network;
  const peers = () => zonesByService(workloads).get(`${namespace}/${canonicalService}`) ?? nobody;
  return { locality, nodeName, labels, network, ips, peers };
}

const nobody: ZoneCounts = new Map();

/** Made where a rule asks for it. */
const zonesByService = rememberedBy((workloads: Snapshot['workloads']): ReadonlyMap<string, ZoneCounts> => {
  const services = Map.groupBy(workloads.values(), (workload) => `${workload.namespace}/${workload.canonicalService}`);
  return new Map([...services].map(([id, list]) => [id, countZones(list.map(({ locality }) => locality))]));
});

/** The rules of nearness of some clusters, each once. */
export function nearnessRules(clusters: Iterable<ClusterIR>): readonly LocalityIR[] {
  const found = new Map<string, LocalityIR>();
  for (const cluster of clusters) {
    const rule = nearnessOf(cluster);
    if (rule !== undefined) found.set(JSON.stringify(rule), rule);
  }
  return [...found.values()];
}

/** Variants of something for clients that rules of nearness or networks tell apart. Without those there is one for all. */
export class Placed<T> {
  readonly #rules: readonly LocalityIR[];
  readonly #networks: Networks | undefined;
  readonly #build: (place: Place) => T;
  readonly #known = new Map<string, T>();

  constructor(rules: readonly LocalityIR[], networks: Networks | undefined, build: (place: Place) => T) {
    this.#rules = rules;
    this.#networks = networks;
    this.#build = build;
  }

  at(place: Place): T {
    const networks = this.#networks;
    const where = networks === undefined ? [] : [clientNetwork(networks, place)];
    const key = [...where, ...this.#rules.map((rule) => placeKey(rule, place))].join(' ');
    const nothingCounts = this.#rules.length === 0 && networks === undefined;
    const known = this.#known.get(key) ?? this.#build(nothingCounts ? anywhere : place);
    this.#known.set(key, known);
    return known;
  }
}
