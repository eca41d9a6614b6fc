import { buildInbound } from '../ir/build/inbound.ts';
import type { Indexes } from '../ir/build/indexes.ts';
import type { OutboundViews } from '../ir/build/outbound-views.ts';
import type { InboundIR } from '../ir/types/inbound.ts';
import type { ProxyShape } from '../ir/types/proxy.ts';
import type { OutboundView } from '../ir/types/view.ts';
import type { MeshSettings } from '../model/mesh-settings.ts';
import { Remembered, rememberedBy, sameItems } from '../model/remembered.ts';
import type { Service } from '../model/service.ts';
import type { Workload } from '../model/workload.ts';
import { isCustom } from '../policy/authorization/external.ts';
import type { Place } from '../policy/locality/place.ts';
import type { Snapshot } from '../registry/snapshot.ts';
import { translateExternalAuthorization } from '../xds/filters/external-authorization.ts';
import { translateGlobalLimits } from '../xds/filters/rate-limit.ts';
import { translateRequestAuthentication } from '../xds/filters/request-authentication.ts';
import type { ResourceSet, XdsResource } from '../xds/resource.ts';
import { bypassOutbound } from '../xds/translate/bypass.ts';
import { translateCluster } from '../xds/translate/cluster.ts';
import { translateInboundListeners } from '../xds/translate/inbound.ts';
import { translateInboundClusters } from '../xds/translate/inbound-clusters.ts';
import { translateInboundRoutes } from '../xds/translate/inbound-routes.ts';
import { translateEagerListeners } from '../xds/translate/outbound-eager.ts';
import { type OnDemandPlan, onDemandPlan, translateOnDemandListeners } from '../xds/translate/outbound-on-demand.ts';
import { blackHoleCluster, inboundPassthroughCluster, passthroughCluster } from '../xds/translate/static-clusters.ts';
import { type Delivery, deliveryOf } from './delivery.ts';
import type { Encoder } from './encoder.ts';
import { EndpointResources } from './endpoint-resources.ts';
import { Interned } from './interned.ts';
import { KubernetesSecrets, secretsOfSidecar } from './kubernetes-secrets.ts';
import type { AllPatches } from './patches.ts';
import { nearnessRules, Placed, placeOf } from './placed.ts';
import { JoinedSets, noResources, resourceSet, sameOr } from './resource-set.ts';
import type { Shapes } from './shapes.ts';
import {
  NamedResources,
  SidecarConfig,
  type SidecarCredentials,
  type SidecarParts,
  type SidecarTools,
} from './sidecar-config.ts';
import { ViewResources } from './view-resources.ts';

export interface SidecarConfigsOptions {
  readonly settings: MeshSettings;
  readonly indexes: Indexes;
  readonly views: OutboundViews;
  readonly encoder: Encoder;
  readonly shapes: Shapes;
  readonly patches: Pick<AllPatches, 'find'>;
  /** Told of what a policy asks for and cannot have; again whenever the workload is built anew. */
  readonly onProblem?: (problem: PolicyProblem) => void;
  /** The same of RateLimits. */
  readonly onLimitProblem?: (problem: PolicyProblem) => void;
}

type PolicyProblem = NonNullable<InboundIR['problem']>;

export interface SidecarQuery {
  readonly snapshot: Snapshot;
  readonly workload: Workload;
  readonly delta: boolean;
  readonly before: Delivery | undefined;
  readonly crowded?: boolean;
}

/** The configuration of sidecars. Whatever is equal for two of them is one object, built and encoded once. */
export class SidecarConfigs {
  readonly #options: SidecarConfigsOptions;
  readonly #tools: SidecarTools;
  readonly #joined = new JoinedSets();
  readonly #inbounds = new Interned<InboundIR>();
  readonly #inboundOf = new Remembered<Workload, InboundIR>(1);
  // By shape, which is one for each workload: views and inbound sides may be shared by any number of them.
  readonly #inboundSets = new Remembered<ProxyShape, InboundSets>(4);
  readonly #plans = new Interned<OnDemandPlan>();
  readonly #planOf = rememberedBy((view: OutboundView) => this.#plans.same(onDemandPlan(view)));
  readonly #outboundListeners = new Remembered<ProxyShape, ResourceSet>(4);
  readonly #newest = new Remembered<ProxyShape, Newest>(4);

  /** Namespaces that have a policy by which somebody is asked. */
  readonly #asking = rememberedBy(
    (policies: Snapshot['authorizationPolicies']) =>
      new Set(policies.filter(isCustom).map(({ namespace }) => namespace)),
  );

  /** Namespaces that have limits that a service counts. */
  readonly #counting = rememberedBy(
    (limits: Snapshot['rateLimits']) =>
      new Set(limits.filter(({ spec }) => spec.global !== undefined).map(({ namespace }) => namespace)),
  );

  readonly #last = rememberedBy((_: ProxyShape) => new Map<string, ResourceSet>());

  constructor(options: SidecarConfigsOptions) {
    const { encoder } = options;
    this.#options = options;
    this.#tools = {
      encoder,
      viewResources: new ViewResources(encoder),
      endpointResources: new EndpointResources(encoder),
      endpointTables: new Remembered(16),
      secrets: new KubernetesSecrets(encoder),
      byName: new NamedResources(),
    };
  }

  find({ snapshot, workload, delta, before, crowded = false }: SidecarQuery): SidecarConfig {
    const { views, indexes, settings, shapes } = this.#options;
    const view = views.view(snapshot, workload.namespace, workload.labels);
    const delivery = deliveryOf({ workload, view, settings, delta, before, crowded });
    const shape = shapes.find(snapshot, workload);
    const inbound = this.#inbound(snapshot, workload);
    const patches = this.#options.patches.find(snapshot, workload);
    const modes = indexes.modes(snapshot);
    const newest = this.#newest.get(shape, [view, inbound, delivery, patches], () => ({
      inputs: [],
      configs: undefined,
    }));
    const credentials = this.#credentials(view, snapshot);
    const networks = indexes.networks(snapshot);
    const inputs = [modes, snapshot.services, snapshot.endpoints, credentials?.secrets, networks];
    if (newest.configs !== undefined && sameItems(newest.inputs, inputs))
      return newest.configs.at(placeOf(snapshot, workload));
    const configs = this.#build(
      { view, shape, inbound, delivery, patches, modes, endpoints: snapshot.endpoints, credentials, networks },
      snapshot,
    );
    Object.assign(newest, { inputs, configs });
    return configs.at(placeOf(snapshot, workload));
  }

  #build(
    base: Omit<
      SidecarParts,
      'clusters' | 'listeners' | 'hosts' | 'inboundRoutes' | 'extensions' | 'services' | 'place'
    >,
    snapshot: Snapshot,
  ): Placed<SidecarConfig> {
    const { view, shape, inbound, delivery } = base;
    const own = this.#inboundSets.get(shape, [inbound], () => this.#inboundResources(inbound, shape));
    const { viewResources } = this.#tools;
    const parts = {
      ...base,
      services: serviceIds(snapshot.services),
      clusters: this.#joined.join(this.#pushedClusters(view, delivery), own.clusters),
      listeners: this.#joined.join(this.#outbound(base, snapshot), own.listeners),
      inboundRoutes: own.routes,
      extensions: own.extensions,
      hosts: delivery === 'pushed-hosts' || delivery === 'pushed-all' ? viewResources.allHosts(view) : noResources,
    };
    const make = (place: Place) => new SidecarConfig({ ...parts, place }, this.#tools);
    return new Placed(this.#nearness(view), base.networks, make);
  }

  readonly #nearness = rememberedBy((view: OutboundView) =>
    nearnessRules(this.#tools.viewResources.clusters(view).values()),
  );

  readonly #secretNames = rememberedBy((view: OutboundView) =>
    secretsOfSidecar(this.#tools.viewResources.clusters(view).values()),
  );

  /** Secrets come and go without a change for those that have none. */
  #credentials(view: OutboundView, { secrets }: Snapshot): SidecarCredentials | undefined {
    const names = this.#secretNames(view);
    return names.size === 0 ? undefined : { names, secrets };
  }

  #pushedClusters(view: OutboundView, delivery: Delivery): ResourceSet {
    const { viewResources } = this.#tools;
    if (delivery === 'eager') return viewResources.allClusters(view);
    return delivery === 'pushed-all' ? viewResources.allOwnClusters(view) : noResources;
  }

  #inbound(snapshot: Snapshot, workload: Workload): InboundIR {
    const { indexes, settings, onProblem, onLimitProblem } = this.#options;
    const { services, destinationRules, sidecars, peerAuthentications } = snapshot;
    const { authorizationPolicies, requestAuthentications, tokenKeys, rateLimits, emergencies } = snapshot;
    const policies = [
      peerAuthentications,
      authorizationPolicies,
      requestAuthentications,
      tokenKeys,
      rateLimits,
      emergencies,
    ];
    const view = this.#asked(snapshot, workload);
    const inputs = [services, destinationRules, sidecars, ...policies, view];
    return this.#inboundOf.get(workload, inputs, () => {
      const inbound = this.#inbounds.same(buildInbound({ snapshot, workload, indexes, settings, view }));
      if (inbound.problem !== undefined) onProblem?.(inbound.problem);
      for (const problem of inbound.rateLimits.problems) onLimitProblem?.(problem);
      return inbound;
    });
  }

  /** A Sidecar resource is for what the app calls: whom the proxy asks, it does not hide. */
  #asked(snapshot: Snapshot, { namespace, labels }: Workload): OutboundView | undefined {
    const { views, settings } = this.#options;
    const asking = [this.#asking(snapshot.authorizationPolicies), this.#counting(snapshot.rateLimits)];
    const asks = [namespace, ...settings.rootNamespaces].some((name) => asking.some((names) => names.has(name)));
    return asks ? views.forGateway(snapshot, namespace, labels).view : undefined;
  }

  #inboundResources(inbound: InboundIR, shape: ProxyShape): InboundSets {
    const fixed = [blackHoleCluster, passthroughCluster, inboundPassthroughCluster(shape.families)];
    return {
      clusters: this.#kept(shape, 'inbound clusters', [
        ...fixed,
        ...translateInboundClusters(inbound, shape),
        ...this.#askedClusters(inbound, shape),
      ]),
      listeners: this.#kept(shape, 'inbound listeners', translateInboundListeners(inbound, shape)),
      routes: this.#kept(shape, 'inbound routes', translateInboundRoutes(inbound)),
      extensions: this.#kept(shape, 'inbound filters', [
        translateExternalAuthorization(inbound.external),
        translateRequestAuthentication(inbound.tokens),
        translateGlobalLimits(inbound.rateLimits),
      ]),
    };
  }

  /** Who is asked is not asked for: the proxy has to have it before the first request. */
  #askedClusters({ external, rateLimits }: InboundIR, { telemetry }: ProxyShape): readonly XdsResource[] {
    const policies = [external?.authorizer.cluster, rateLimits.global?.cluster].filter((found) => found !== undefined);
    const clusters = new Map([...telemetry.collectors, ...policies].map((cluster) => [cluster.name, cluster]));
    return [...clusters.values()].map(translateCluster);
  }

  #outbound(base: Pick<SidecarParts, 'view' | 'shape' | 'delivery' | 'inbound'>, snapshot: Snapshot): ResourceSet {
    const { bypass } = base.inbound;
    if (bypass === undefined) return this.#routed(base, snapshot);
    const { view, shape, delivery } = base;
    const routed =
      delivery === 'eager'
        ? translateEagerListeners({ view, shape, podsOf: podsIn(snapshot) })
        : translateOnDemandListeners(this.#planOf(view), shape);
    return this.#kept(shape, 'bypassed listeners', bypassOutbound(routed, bypass));
  }

  #routed(
    { view, shape, delivery }: Pick<SidecarParts, 'view' | 'shape' | 'delivery'>,
    snapshot: Snapshot,
  ): ResourceSet {
    if (delivery !== 'eager') {
      const plan = this.#planOf(view);
      return this.#outboundListeners.get(shape, [plan], () =>
        this.#kept(shape, `listeners ${view.key}`, translateOnDemandListeners(plan, shape)),
      );
    }
    const headless = view.ports.filter(({ service }) => service.resolution === 'headless');
    const lists = headless.map(({ service }) => snapshot.endpoints.get(service.id));
    return this.#outboundListeners.get(shape, [view, 'eager', ...lists], () =>
      this.#kept(
        shape,
        `eager listeners ${view.key}`,
        translateEagerListeners({ view, shape, podsOf: podsIn(snapshot) }),
      ),
    );
  }

  /** The set that was there before, where nothing of it has changed. */
  #kept(shape: ProxyShape, kind: string, resources: readonly XdsResource[]): ResourceSet {
    const last = this.#last(shape);
    const set = sameOr(last.get(kind), resourceSet(this.#tools.encoder.encodeAll(resources)));
    last.set(kind, set);
    return set;
  }
}

interface InboundSets {
  readonly clusters: ResourceSet;
  readonly listeners: ResourceSet;
  readonly routes: ResourceSet;
  readonly extensions: ResourceSet;
}

/** Only the newest: each holds all endpoints of its moment. */
interface Newest {
  readonly inputs: readonly unknown[];
  readonly configs: Placed<SidecarConfig> | undefined;
}

/** Addresses of the pods behind a service, by its id. */
function podsIn({ endpoints }: Snapshot): (id: string) => readonly string[] {
  return (id) => [...new Set((endpoints.get(id) ?? []).map(({ address }) => address))].sort();
}

const serviceIds = rememberedBy(
  (services: readonly Service[]): ReadonlyMap<string, Service> =>
    new Map(services.map((service) => [service.id, service])),
);
