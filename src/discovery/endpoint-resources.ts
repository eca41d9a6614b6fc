import { buildLoadAssignment } from '../ir/build/load-assignments.ts';
import type { ClusterIR, LocalityIR } from '../ir/types/cluster.ts';
import type { Endpoint } from '../model/endpoint.ts';
import type { Networks } from '../model/network.ts';
import { rememberedBy } from '../model/remembered.ts';
import type { Service } from '../model/service.ts';
import { type Place, placeKey } from '../policy/locality/place.ts';
import type { Crossing } from '../policy/network/cross.ts';
import { clientNetwork } from '../policy/network/networks.ts';
import type { PeerAuthenticationIndex } from '../policy/peer-authentication/mode.ts';
import type { EncodedResource, XdsResource } from '../xds/resource.ts';
import { translateLoadAssignment } from '../xds/translate/load-assignment.ts';
import type { Encoder } from './encoder.ts';

const noEndpoints: readonly Endpoint[] = [];

/** The answer for a cluster that nobody knows: without one Envoy would keep it waiting. */
export function endpointsOfNobody(name: string): XdsResource {
  return { type: 'endpoint', name, message: { cluster_name: name }, origins: [], standsIn: true };
}

export interface EndpointQuery {
  readonly cluster: ClusterIR;
  readonly service: Service;
  readonly endpoints: readonly Endpoint[] | undefined;
  readonly modes: PeerAuthenticationIndex;
  /** Where the client is. */
  readonly place: Place;
  readonly networks: Networks | undefined;
}

/** Load assignments, made once for a list of endpoints however many proxies ask. */
export class EndpointResources {
  readonly #encoder: Encoder;
  readonly #known = new WeakMap<
    PeerAuthenticationIndex,
    WeakMap<readonly Endpoint[] | Service, Map<string, EncodedResource | undefined>>
  >();

  constructor(encoder: Encoder) {
    this.#encoder = encoder;
  }

  find({
    cluster,
    service,
    endpoints = noEndpoints,
    modes,
    place,
    networks,
  }: EndpointQuery): EncodedResource | undefined {
    const byList = this.#known.get(modes) ?? new WeakMap();
    this.#known.set(modes, byList);
    // The empty list is one for all services, so there the service stands for it.
    const owner = endpoints.length === 0 ? service : endpoints;
    const variants: Map<string, EncodedResource | undefined> = byList.get(owner) ?? new Map();
    byList.set(owner, variants);
    const { labels, portName, mutualTlsOnly } = cluster.selection;
    const rule = nearnessOf(cluster);
    const crossing = crossingOf(cluster, place, networks);
    const key = `${cluster.name} ${Object.keys(labels).length === 0 ? '' : JSON.stringify(labels)} ${nearnessKey(cluster, place)} ${crossingKey(crossing)}`;
    if (variants.has(key)) return variants.get(key);
    const assignment = buildLoadAssignment({
      ...{ cluster: cluster.name, service, portName, labels, mutualTlsOnly, endpoints, modes },
      nearness: rule === undefined ? undefined : { rule, client: place },
      crossing,
    });
    const encoded = this.#encoder.encode(translateLoadAssignment(assignment));
    variants.set(key, encoded);
    return encoded;
  }
}

/** Whoever calls a pod by its own address has chosen it. */
export function nearnessOf({ discovery, locality }: ClusterIR): LocalityIR | undefined {
  return discovery.kind === 'eds' ? locality : undefined;
}

/** Whoever calls a pod by its own address has chosen it. */
function crossingOf(cluster: ClusterIR, place: Place, networks: Networks | undefined): Crossing | undefined {
  const { tls, selection, discovery } = cluster;
  if (discovery.kind !== 'eds') return undefined;
  if (selection.mutualTlsOnly === true) return crossingFrom(place, networks ?? unlinked, 'never');
  if (networks === undefined) return undefined;
  const secured = tls.kind === 'auto' || tls.kind === 'mesh';
  return crossingFrom(place, networks, secured ? 'by-gateways' : 'not-by-gateways');
}

function crossingFrom(place: Place, networks: Networks, others: Crossing['others']): Crossing {
  return { networks, from: clientNetwork(networks, place), others };
}

const unlinked: Networks = { own: '', blocks: [], gateways: new Map(), key: '' };

const crossingKey = (crossing: Crossing | undefined) =>
  crossing === undefined ? '' : `${crossing.from} ${crossing.others} ${crossing.networks.key}`;

/** Clients of one class share their endpoints; a cluster of which all are alike has one class. */
function nearnessKey(cluster: ClusterIR, place: Place): string {
  const rule = nearnessOf(cluster);
  return rule === undefined ? '' : `${ruleKey(rule)} ${placeKey(rule, place)}`;
}

const ruleKey = rememberedBy((rule: LocalityIR) => JSON.stringify(rule));
