import type { ClusterIR } from '../ir/types/cluster.ts';
import type { InboundIR } from '../ir/types/inbound.ts';
import type { ProxyShape } from '../ir/types/proxy.ts';
import type { OutboundView } from '../ir/types/view.ts';
import type { Endpoint } from '../model/endpoint.ts';
import { Lru } from '../model/lru.ts';
import type { Networks } from '../model/network.ts';
import { type Remembered, rememberedBy } from '../model/remembered.ts';
import type { Service } from '../model/service.ts';
import type { Place } from '../policy/locality/place.ts';
import type { PeerAuthenticationIndex } from '../policy/peer-authentication/mode.ts';
import type { Snapshot } from '../registry/snapshot.ts';
import type { EncodedResource, ProxyResources, ResourceSet, XdsResource, XdsType } from '../xds/resource.ts';
import { translateLeftRoutes } from '../xds/translate/inbound-routes.ts';
import { eagerHosts } from '../xds/translate/outbound-eager.ts';
import { addressClusterPrefix } from '../xds/translate/outbound-on-demand.ts';
import { fullRouteConfiguration, openRouteConfiguration, otherHosts } from '../xds/translate/route-configuration.ts';
import { originalCluster, tombstone } from '../xds/translate/static-clusters.ts';
import { type AskedHost, parseAskedHost, unknownHost, unusableHost } from './asked-host.ts';
import type { Delivery } from './delivery.ts';
import type { Encoder } from './encoder.ts';
import { type EndpointResources, endpointsOfNobody } from './endpoint-resources.ts';
import type { KubernetesSecrets } from './kubernetes-secrets.ts';
import type { OnDemandUse } from './on-demand-use.ts';
import type { Patches } from './patches.ts';
import { noResources } from './resource-set.ts';
import type { ViewResources } from './view-resources.ts';

export interface SidecarParts {
  readonly view: OutboundView;
  readonly shape: ProxyShape;
  readonly inbound: InboundIR;
  readonly delivery: Delivery;
  readonly clusters: ResourceSet;
  readonly listeners: ResourceSet;
  readonly hosts: ResourceSet;
  /** To the app, by name. */
  readonly inboundRoutes: ResourceSet;
  /** Filters that have their configuration by name. */
  readonly extensions: ResourceSet;
  readonly services: ReadonlyMap<string, Service>;
  readonly endpoints: ReadonlyMap<string, readonly Endpoint[]>;
  readonly modes: PeerAuthenticationIndex;
  /** Where the client is, as far as that makes a difference. */
  readonly place: Place;
  readonly networks: Networks | undefined;
  /** Of EnvoyFilters. */
  readonly patches: Patches;
  /** The Secrets that it may have; undefined where no rule names one for it. */
  readonly credentials: SidecarCredentials | undefined;
}

export interface SidecarCredentials {
  /** By their names in SDS. */
  readonly names: ReadonlySet<string>;
  readonly secrets: Snapshot['secrets'];
}

export interface SidecarTools {
  readonly encoder: Encoder;
  readonly viewResources: ViewResources;
  readonly endpointResources: EndpointResources;
  /** By name, for all proxies of one view and place: a thousand names are asked for again at each change. */
  readonly endpointTables: Remembered<OutboundView, Map<string, EncodedResource>>;
  readonly secrets: KubernetesSecrets;
  /** Resources that are made for a name alone, once for all proxies. */
  readonly byName: NamedResources;
}

/** What all sidecars of one kind may have; their certificates come on top. Immutable. */
export class SidecarConfig implements ProxyResources {
  readonly parts: SidecarParts;
  readonly #tools: SidecarTools;
  #endpointTable: Map<string, EncodedResource> | undefined;

  constructor(parts: SidecarParts, tools: SidecarTools) {
    this.parts = parts;
    this.#tools = tools;
  }

  wildcard(type: XdsType): ResourceSet {
    return this.parts.patches.set(type, this.#wildcard(type));
  }

  named(type: XdsType, name: string): EncodedResource | undefined {
    // What patches add is known by its name in the set alone.
    const { patches, delivery } = this.parts;
    const found = patches.one(type, this.#named(type, name));
    if (type !== 'cluster') return found;
    const known = this.wildcard(type).get(name) ?? found;
    if (known !== undefined || delivery === 'eager') return known;
    return this.#tools.encoder.encode(this.#tools.byName.tombstone(name));
  }

  /** What is asked for by a name, if that is of the mesh and comes on demand alone. */
  useOf(type: XdsType, name: string): OnDemandUse | undefined {
    const { view, delivery, clusters } = this.parts;
    if (delivery === 'eager' || delivery === 'pushed-all') return undefined;
    const { viewResources } = this.#tools;
    if (type === 'virtualHost') return delivery === 'on-demand' ? this.#hostUse(name) : undefined;
    if (type !== 'cluster' || clusters.has(name)) return undefined;
    const service = name.startsWith(addressClusterPrefix)
      ? viewResources.addresses(view).get(name.slice(addressClusterPrefix.length))?.service
      : viewResources.clusters(view).get(name)?.service;
    return service === undefined
      ? undefined
      : { kind: 'cluster', name, service: `${service.namespace}/${service.hostname}` };
  }

  /** One use for all the names that a host may be called by; below a wildcard each name is one. */
  #hostUse(name: string): OnDemandUse | undefined {
    const asked = parseAskedHost(name);
    const known = asked && this.#tools.viewResources.hosts(this.parts.view).get(asked.port)?.find(asked.host);
    if (known === undefined) return undefined;
    const [host = ''] = known.domains;
    return { kind: 'virtualHost', name: `${asked?.port}/${host.startsWith('*') ? asked?.host : host}`, service: '' };
  }

  #wildcard(type: XdsType): ResourceSet {
    switch (type) {
      case 'cluster':
        return this.parts.clusters;
      case 'listener':
        return this.parts.listeners;
      case 'virtualHost':
        return this.parts.hosts;
      default:
        return noResources;
    }
  }

  #named(type: XdsType, name: string): EncodedResource | undefined {
    switch (type) {
      case 'cluster':
        return this.#cluster(name);
      case 'endpoint':
        return this.#endpoints(name);
      case 'route':
        return this.#route(name);
      case 'extension':
        return this.parts.extensions.get(name);
      case 'virtualHost':
        return this.#virtualHost(name);
      case 'secret':
        return this.#secret(name);
      default:
        return undefined;
    }
  }

  /** A name that does not exist is answered all the same: Envoy would wait for it, and never ask again. */
  #cluster(name: string): EncodedResource | undefined {
    const { view, clusters, delivery } = this.parts;
    const known = clusters.get(name);
    if (known !== undefined || delivery === 'eager') return known;
    const { viewResources, byName, encoder } = this.#tools;
    const cluster = viewResources.clusters(view).get(name);
    if (cluster !== undefined) return viewResources.cluster(cluster);
    if (name.startsWith(addressClusterPrefix)) return this.#addressCluster(name);
    return encoder.encode(byName.tombstone(name));
  }

  #addressCluster(name: string): EncodedResource | undefined {
    const { view } = this.parts;
    const { viewResources, byName, encoder } = this.#tools;
    const address = name.slice(addressClusterPrefix.length);
    const port = viewResources.addresses(view).get(address);
    const target = port?.tcp?.destinations[0]?.cluster;
    const cluster = target === undefined ? undefined : viewResources.clusters(view).get(target);
    if (cluster !== undefined) return viewResources.clusterAs(cluster, name);
    const pod = this.#podCluster(address);
    if (pod !== undefined) return viewResources.clusterAs(pod, name);
    const proxy = view.blocked ? undefined : viewResources.clusters(view).get(view.egressProxy);
    if (proxy !== undefined) return viewResources.clusterAs(proxy, name);
    return encoder.encode(view.blocked ? byName.tombstone(name) : byName.original(name));
  }

  /** A pod of a headless service, called by its own address: mutual TLS if that very pod speaks it. */
  #podCluster(address: string): ClusterIR | undefined {
    const { view, endpoints } = this.parts;
    for (const { service, clusters, tcp } of view.ports) {
      const [cluster] = clusters;
      if (service.resolution !== 'headless' || tcp === undefined || cluster === undefined) continue;
      const found = (endpoints.get(service.id) ?? []).find((endpoint) => addressOf(endpoint) === address);
      if (found === undefined || found.servicePort !== cluster.selection.portName) continue;
      const mutual = cluster.tls.kind === 'auto' && found.meshed;
      const tls =
        cluster.tls.kind !== 'auto' ? cluster.tls : mutual ? { ...cluster.tls, kind: 'mesh' as const } : plain;
      return { ...cluster, discovery: { kind: 'original' }, tls };
    }
    return undefined;
  }

  #endpoints(name: string): EncodedResource | undefined {
    const { view, services, endpoints, modes, place, networks } = this.parts;
    const asked = this.#asked(name);
    if (asked !== undefined) return this.#endpointsOf(asked) ?? this.#noEndpoints(name);
    this.#endpointTable ??= this.#tools.endpointTables.get(
      view,
      [services, endpoints, modes, place, networks],
      () => new Map(),
    );
    const known = this.#endpointTable.get(name);
    if (known !== undefined) return known;
    const cluster = this.#tools.viewResources.clusters(view).get(name);
    const found = (cluster === undefined ? undefined : this.#endpointsOf(cluster)) ?? this.#noEndpoints(name);
    if (found !== undefined && cluster !== undefined) this.#endpointTable.set(name, found);
    return found;
  }

  #endpointsOf(cluster: ClusterIR): EncodedResource | undefined {
    const { services, endpoints, modes, place, networks } = this.parts;
    const service = services.get(cluster.selection.serviceId);
    if (service === undefined) return undefined;
    const own = endpoints.get(service.id);
    return this.#tools.endpointResources.find({ cluster, service, endpoints: own, modes, place, networks });
  }

  /** Of its own namespace, and named by a rule that selects it. */
  #secret(name: string): EncodedResource | undefined {
    const { credentials, shape } = this.parts;
    if (credentials?.names.has(name) !== true) return undefined;
    return this.#tools.secrets.find({ name, namespace: shape.namespace, secrets: credentials.secrets });
  }

  /** Whom the proxy itself asks, which the app may not see. */
  #asked(name: string): ClusterIR | undefined {
    const { inbound, shape } = this.parts;
    const authorizer = inbound.external?.authorizer.cluster;
    if (authorizer?.name === name) return authorizer;
    return shape.telemetry.collectors.find((cluster) => cluster.name === name);
  }

  /** A cluster may outlive its service for a moment; without an answer Envoy would keep it waiting. */
  #noEndpoints(name: string): EncodedResource | undefined {
    return this.#tools.encoder.encode(this.#tools.byName.noEndpoints(name));
  }

  #route(name: string): EncodedResource | undefined {
    const { view, delivery, inbound, inboundRoutes } = this.parts;
    const known = inboundRoutes.get(name);
    if (known !== undefined) return known;
    const { encoder, byName } = this.#tools;
    return encoder.encode(byName.leftRoutes(inbound, name) ?? byName.route(view, name, delivery));
  }

  #virtualHost(name: string): EncodedResource | undefined {
    const { view, hosts, delivery } = this.parts;
    if (delivery === 'eager') return undefined;
    const { viewResources, byName, encoder } = this.#tools;
    const asked = parseAskedHost(name);
    if (asked === undefined) return hosts.get(name) ?? this.#unusableHost(name);
    const known = viewResources.hosts(view).get(asked.port)?.find(asked.host);
    if (known !== undefined) return viewResources.virtualHost(asked.port, known);
    return encoder.encode(byName.unknownHost(view, asked));
  }

  #unusableHost(name: string): EncodedResource | undefined {
    const host = this.#tools.byName.unusableHost(name);
    return host === undefined ? undefined : this.#tools.encoder.encode(host);
  }
}

const plain = { kind: 'none' } as const;

function addressOf({ address, port }: Endpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Resources that follow from a name, each made once so that its bytes are shared. */
export class NamedResources {
  readonly #fixed = new Lru<XdsResource>(mostNames);
  readonly #routes = rememberedBy((_: OutboundView) => new Lru<XdsResource>(mostRoutes));
  readonly #left = rememberedBy((_: InboundIR) => new Lru<XdsResource>(mostRoutes));

  tombstone(name: string): XdsResource {
    return this.#fixed.remember(`tombstone ${name}`, () => tombstone(name));
  }

  original(name: string): XdsResource {
    return this.#fixed.remember(`original ${name}`, () => originalCluster(name));
  }

  noEndpoints(name: string): XdsResource {
    return this.#fixed.remember(`endpoints ${name}`, () => endpointsOfNobody(name));
  }

  unknownHost(view: OutboundView, asked: AskedHost): XdsResource {
    const key = `host ${asked.port} ${asked.host} ${view.blocked} ${view.egressProxy}`;
    return this.#fixed.remember(key, () => unknownHost(asked, view));
  }

  unusableHost(name: string): XdsResource | undefined {
    const key = `unusable ${name}`;
    const host = this.#fixed.get(key) ?? unusableHost(name);
    if (host !== undefined) this.#fixed.set(key, host);
    return host;
  }

  leftRoutes(inbound: InboundIR, name: string): XdsResource | undefined {
    const known = this.#left(inbound);
    const routes = known.get(name) ?? translateLeftRoutes(name, inbound);
    if (routes !== undefined) known.set(name, routes);
    return routes;
  }

  route(view: OutboundView, name: string, delivery: Delivery): XdsResource {
    return this.#routes(view).remember(`${delivery} ${name}`, () => routeOf(view, name, delivery));
  }
}

/** Clients choose these names, so only so many are kept; what was sent stays sent. */
const mostNames = 10_000;
const mostRoutes = 1_000;

function routeOf(view: OutboundView, name: string, delivery: Delivery): XdsResource {
  const others = otherHosts(view);
  if (delivery !== 'eager') return openRouteConfiguration(name, delivery === 'on-demand' ? [] : [others]);
  const { hosts, sniffed } = eagerHosts(view, name) ?? { hosts: [], sniffed: false };
  return fullRouteConfiguration(name, hosts, sniffed ? undefined : others);
}
