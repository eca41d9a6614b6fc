import { buildLoadAssignment } from '../ir/build/load-assignments.ts';
import type { ClusterIR } from '../ir/types/cluster.ts';
import type { Endpoint } from '../model/endpoint.ts';
import type { Service } from '../model/service.ts';
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

  find({ cluster, service, endpoints = noEndpoints, modes }: EndpointQuery): EncodedResource | undefined {
    const byList = this.#known.get(modes) ?? new WeakMap();
    this.#known.set(modes, byList);
    // The empty list is one for all services, so there the service stands for it.
    const owner = endpoints.length === 0 ? service : endpoints;
    const variants: Map<string, EncodedResource | undefined> = byList.get(owner) ?? new Map();
    byList.set(owner, variants);
    const { labels, portName } = cluster.selection;
    const key = `${cluster.name} ${Object.keys(labels).length === 0 ? '' : JSON.stringify(labels)}`;
    if (variants.has(key)) return variants.get(key);
    const assignment = buildLoadAssignment({ cluster: cluster.name, service, portName, labels, endpoints, modes });
    const encoded = this.#encoder.encode(translateLoadAssignment(assignment));
    variants.set(key, encoded);
    return encoded;
  }
}
