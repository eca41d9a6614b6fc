import { buildGateway } from '../ir/build/gateway.ts';
import type { GatewayFacts } from '../ir/build/gateway-facts.ts';
import { GatewayMemory } from '../ir/build/gateway-memory.ts';
import type { Indexes } from '../ir/build/indexes.ts';
import type { OutboundViews } from '../ir/build/outbound-views.ts';
import type { ClusterIR } from '../ir/types/cluster.ts';
import type { GatewayIR, GatewayProblem, GatewayServerIR } from '../ir/types/gateway.ts';
import type { ProxyShape } from '../ir/types/proxy.ts';
import type { VirtualHostIR } from '../ir/types/route.ts';
import type { MeshSettings } from '../model/mesh-settings.ts';
import { Remembered, rememberedBy, sameItems } from '../model/remembered.ts';
import type { Service } from '../model/service.ts';
import type { Workload } from '../model/workload.ts';
import type { Place } from '../policy/locality/place.ts';
import type { Snapshot } from '../registry/snapshot.ts';
import { translateExternalAuthorization } from '../xds/filters/external-authorization.ts';
import { translateGlobalLimits, translateLocalLimits } from '../xds/filters/rate-limit.ts';
import { translateRequestAuthentication } from '../xds/filters/request-authentication.ts';
import type { ResourceSet, XdsResource } from '../xds/resource.ts';
import { translateGatewayListeners, translateGatewayRoute } from '../xds/translate/gateway.ts';
import { translateGatewayCluster } from '../xds/translate/gateway-cluster.ts';
import { blackHoleCluster } from '../xds/translate/static-clusters.ts';
import type { Encoder } from './encoder.ts';
import { EndpointResources } from './endpoint-resources.ts';
import { GatewayConfig, type GatewayResources, type GatewayTools } from './gateway-config.ts';
import { Interned } from './interned.ts';
import { KubernetesSecrets, secretsOfGateway } from './kubernetes-secrets.ts';
import type { AllPatches } from './patches.ts';
import { nearnessRules, Placed, placeOf } from './placed.ts';
import { resourceSet, sameOr } from './resource-set.ts';
import type { Shapes } from './shapes.ts';

export interface GatewayConfigsOptions {
  readonly settings: MeshSettings;
  readonly indexes: Indexes;
  readonly views: OutboundViews;
  readonly encoder: Encoder;
  readonly shapes: Shapes;
  readonly patches: Pick<AllPatches, 'find'>;
  /** Told once of each server, host or secret that is left out, and why. */
  readonly onProblem?: (problem: GatewayProblem) => void;
}

/** All that tells one gateway from another. */
interface GatewayKind {
  readonly facts: GatewayFacts;
  readonly shape: ProxyShape;
}

/** The configuration of gateways. The pods of a workload share it; a change of endpoints makes nothing but endpoints. */
export class GatewayConfigs {
  readonly #options: GatewayConfigsOptions;
  readonly #tools: GatewayTools;
  readonly #kinds = new Interned<GatewayKind>();
  readonly #kindOf = new Remembered<Workload, GatewayKind>(1);
  readonly #gateways = new Remembered<GatewayKind, GatewayIR>(2);
  readonly #resources = new Remembered<GatewayKind, GatewayResources>(2);
  readonly #memory: GatewayMemory;
  readonly #before = new WeakMap<GatewayKind, GatewayIR>();
  readonly #routes = new WeakMap<readonly VirtualHostIR[], XdsResource>();
  readonly #last = new WeakMap<GatewayKind, GatewayResources>();
  readonly #newest = new WeakMap<
    GatewayKind,
    { readonly inputs: readonly unknown[]; readonly configs: Placed<GatewayConfig> }
  >();
  readonly #clusters = rememberedBy((cluster: ClusterIR) => translateGatewayCluster(cluster));

  constructor(options: GatewayConfigsOptions) {
    const { encoder } = options;
    const secrets = new KubernetesSecrets(encoder);
    this.#options = options;
    this.#memory = new GatewayMemory(options.indexes);
    this.#tools = { encoder, endpointResources: new EndpointResources(encoder), secrets };
  }

  find(snapshot: Snapshot, workload: Workload): GatewayConfig {
    const kind = this.#kind(snapshot, workload);
    const gateway = this.gateway(snapshot, workload);
    const { services, endpoints, secrets } = snapshot;
    const modes = this.#options.indexes.modes(snapshot);
    const patches = this.#options.patches.find(snapshot, workload);
    const networks = this.#options.indexes.networks(snapshot);
    const inputs = [gateway, modes, services, endpoints, secrets, patches, networks];
    const newest = this.#newest.get(kind);
    if (newest !== undefined && sameItems(newest.inputs, inputs)) return newest.configs.at(placeOf(snapshot, workload));
    const resources = this.#resources.get(kind, [gateway], () => this.#translate(gateway, kind));
    const parts = {
      gateway,
      resources,
      shape: kind.shape,
      services: serviceIds(services),
      endpoints,
      secrets,
      modes,
      patches,
      networks,
    };
    const build = (place: Place) => new GatewayConfig({ ...parts, place }, this.#tools);
    const configs = new Placed(nearnessRules(gateway.clusters), networks, build);
    this.#newest.set(kind, { inputs, configs });
    return configs.at(placeOf(snapshot, workload));
  }

  /** What a gateway is made of, its problems included. */
  gateway(snapshot: Snapshot, workload: Workload): GatewayIR {
    const kind = this.#kind(snapshot, workload);
    const { settings, views } = this.#options;
    const { facts } = kind;
    const seen = views.forGateway(snapshot, facts.namespace, facts.labels);
    const { gateways, virtualServices, services } = snapshot;
    const { authorizationPolicies, requestAuthentications, tokenKeys, rateLimits, emergencies } = snapshot;
    const policies = [authorizationPolicies, requestAuthentications, tokenKeys, rateLimits, emergencies];
    return this.#gateways.get(kind, [seen, gateways, virtualServices, services, ...policies], () => {
      const before = this.#before.get(kind);
      const built = buildGateway({ snapshot, settings, facts, seen, memory: this.#memory, before });
      this.#before.set(kind, built);
      this.#tell(built, before);
      return built;
    });
  }

  #tell({ problems }: GatewayIR, before: GatewayIR | undefined): void {
    const known = new Set(before?.problems.map(({ message }) => message));
    for (const problem of problems) if (!known.has(problem.message)) this.#options.onProblem?.(problem);
  }

  #kind(snapshot: Snapshot, workload: Workload): GatewayKind {
    const shape = this.#options.shapes.find(snapshot, workload);
    return this.#kindOf.get(workload, [shape], () => this.#kinds.same({ facts: factsOf(workload), shape }));
  }
  #translate(gateway: GatewayIR, kind: GatewayKind): GatewayResources {
    const last = this.#last.get(kind);
    const known = withCollectors(gateway.clusters, kind.shape.telemetry.collectors);
    const clusters = [blackHoleCluster, ...known.map((cluster) => this.#clusters(cluster))];
    const routes = gateway.listeners.flatMap(({ servers }) => servers.flatMap((server) => this.#route(server)));
    const resources = {
      clusters: sameOr(last?.clusters, this.#set(clusters)),
      listeners: sameOr(last?.listeners, this.#set(translateGatewayListeners(gateway, kind.shape))),
      extensions: sameOr(last?.extensions, this.#set(filtersOf(gateway))),
      routes: new Map(routes.map((route) => [route.name, route])),
      endpointsOf: new Map(known.flatMap((cluster) => edsName(cluster))),
      secretNames: secretsOfGateway(gateway),
    };
    this.#last.set(kind, resources);
    return resources;
  }

  /** Made anew only for hosts that changed: a gateway may have thousands. */
  #route(server: GatewayServerIR): XdsResource[] {
    if (server.kind === 'tcp') return [];
    const known = this.#routes.get(server.virtualHosts) ?? translateGatewayRoute(server);
    this.#routes.set(server.virtualHosts, known);
    return [known];
  }

  #set(resources: readonly XdsResource[]): ResourceSet {
    return resourceSet(this.#tools.encoder.encodeAll(resources));
  }
}

const filtersOf = ({ external, tokens, rateLimits }: GatewayIR) => [
  translateExternalAuthorization(external),
  translateRequestAuthentication(tokens),
  translateLocalLimits(rateLimits),
  translateGlobalLimits(rateLimits),
];

function factsOf(workload: Workload): GatewayFacts {
  const { namespace, labels, namedPorts, statusPort } = workload;
  return { namespace, labels, namedPorts, statusPort, lowPorts: hasLowPorts(workload) };
}

function withCollectors(clusters: readonly ClusterIR[], collectors: readonly ClusterIR[]): readonly ClusterIR[] {
  const names = new Set(clusters.map(({ name }) => name));
  return [...clusters, ...collectors.filter(({ name }) => !names.has(name))];
}

/** Our template lets the pod listen there (`net.ipv4.ip_unprivileged_port_start`); of other pods nothing is known. */
function hasLowPorts({ annotations }: Workload): boolean {
  const templates = (annotations['inject.istio.io/templates'] ?? '').split(',');
  return templates.some((template) => template.trim() === 'gateway');
}

function edsName(cluster: ClusterIR): [string, ClusterIR][] {
  return cluster.discovery.kind === 'eds' ? [[cluster.discovery.service, cluster]] : [];
}

const serviceIds = rememberedBy(
  (services: readonly Service[]): ReadonlyMap<string, Service> =>
    new Map(services.map((service) => [service.id, service])),
);
