import type { ClusterIR } from '../ir/types/cluster.ts';
import type { GatewayIR } from '../ir/types/gateway.ts';
import type { ProxyShape } from '../ir/types/proxy.ts';
import type { Networks } from '../model/network.ts';
import type { Service } from '../model/service.ts';
import type { Place } from '../policy/locality/place.ts';
import type { PeerAuthenticationIndex } from '../policy/peer-authentication/mode.ts';
import type { Snapshot } from '../registry/snapshot.ts';
import type { EncodedResource, ProxyResources, ResourceSet, XdsResource, XdsType } from '../xds/resource.ts';
import { fullRouteConfiguration } from '../xds/translate/route-configuration.ts';
import type { Encoder } from './encoder.ts';
import { type EndpointResources, endpointsOfNobody } from './endpoint-resources.ts';
import type { KubernetesSecrets } from './kubernetes-secrets.ts';
import type { Patches } from './patches.ts';
import { noResources } from './resource-set.ts';

/** What follows from a gateway's IR alone, whatever endpoints and secrets do. */
export interface GatewayResources {
  readonly clusters: ResourceSet;
  readonly listeners: ResourceSet;
  /** Filters that have their configuration by name. */
  readonly extensions: ResourceSet;
  readonly routes: ReadonlyMap<string, XdsResource>;
  /** By their name in EDS. */
  readonly endpointsOf: ReadonlyMap<string, ClusterIR>;
  readonly secretNames: ReadonlySet<string>;
}

export interface GatewayParts {
  readonly gateway: GatewayIR;
  readonly resources: GatewayResources;
  readonly shape: ProxyShape;
  readonly services: ReadonlyMap<string, Service>;
  readonly endpoints: Snapshot['endpoints'];
  readonly secrets: Snapshot['secrets'];
  readonly modes: PeerAuthenticationIndex;
  /** Of EnvoyFilters. */
  readonly patches: Patches;
  /** Where the gateway is, as far as that makes a difference. */
  readonly place: Place;
  readonly networks: Networks | undefined;
}

export interface GatewayTools {
  readonly encoder: Encoder;
  readonly endpointResources: EndpointResources;
  readonly secrets: KubernetesSecrets;
}

/** What the proxies of one gateway may have; their own certificate comes on top. Immutable. */
export class GatewayConfig implements ProxyResources {
  readonly parts: GatewayParts;
  readonly #tools: GatewayTools;

  constructor(parts: GatewayParts, tools: GatewayTools) {
    this.parts = parts;
    this.#tools = tools;
  }

  wildcard(type: XdsType): ResourceSet {
    return this.parts.patches.set(type, this.#wildcard(type));
  }

  named(type: XdsType, name: string): EncodedResource | undefined {
    const found = this.parts.patches.one(type, this.#named(type, name));
    return type === 'cluster' || type === 'listener' ? (this.wildcard(type).get(name) ?? found) : found;
  }

  #wildcard(type: XdsType): ResourceSet {
    if (type === 'cluster') return this.parts.resources.clusters;
    return type === 'listener' ? this.parts.resources.listeners : noResources;
  }

  #named(type: XdsType, name: string): EncodedResource | undefined {
    const { resources } = this.parts;
    switch (type) {
      case 'cluster':
        return resources.clusters.get(name);
      case 'listener':
        return resources.listeners.get(name);
      case 'endpoint':
        return this.#endpoints(name);
      case 'route':
        return this.#tools.encoder.encode(resources.routes.get(name) ?? emptyRoute(name));
      case 'extension':
        return resources.extensions.get(name);
      case 'secret':
        return this.#secret(name);
      default:
        return undefined;
    }
  }

  #endpoints(name: string): EncodedResource | undefined {
    const { resources, services, endpoints, modes, place, networks } = this.parts;
    const { encoder, endpointResources } = this.#tools;
    const cluster = resources.endpointsOf.get(name);
    const service = cluster === undefined ? undefined : services.get(cluster.selection.serviceId);
    if (cluster === undefined || service === undefined) return encoder.encode(endpointsOfNobody(name));
    return endpointResources.find({ cluster, service, endpoints: endpoints.get(service.id), modes, place, networks });
  }

  /** Of the gateway's own namespace, and named by it: a sidecar has no such names, so it never gets any. */
  #secret(name: string): EncodedResource | undefined {
    const { resources, shape, secrets } = this.parts;
    if (!resources.secretNames.has(name)) return undefined;
    return this.#tools.secrets.find({ name, namespace: shape.namespace, secrets });
  }
}

/** A name may be asked for a moment longer than it is there; without an answer Envoy would wait. */
function emptyRoute(name: string): XdsResource {
  return fullRouteConfiguration(name, [], undefined);
}
