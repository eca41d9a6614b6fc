import type { OutboundPortIR } from '../../ir/types/outbound.ts';
import type { OutboundView } from '../../ir/types/view.ts';
import { Lru } from '../../model/lru.ts';
import type { MeshSettings } from '../../model/mesh-settings.ts';
import type { Protocol } from '../../model/protocol.ts';
import { Remembered, rememberedBy, sameItems } from '../../model/remembered.ts';
import type { Service } from '../../model/service.ts';
import type { Client } from '../../policy/client.ts';
import { hashPoliciesOf } from '../../policy/destination-rule/balancing.ts';
import { effectivePolicy } from '../../policy/destination-rule/effective.ts';
import type { MergedRule } from '../../policy/destination-rule/merge.ts';
import { findRule } from '../../policy/destination-rule/select.ts';
import { tcpConnectionOf } from '../../policy/destination-rule/tcp-connection.ts';
import { type HostIndex, hostCovers } from '../../policy/hosts.ts';
import { listenerOf, type Scope, scopeOf } from '../../policy/sidecar/scope.ts';
import type { Routing } from '../../policy/virtual-service/delegates.ts';
import { clusterName, type DestinationLookup } from '../../policy/virtual-service/destinations.ts';
import { asksForSource } from '../../policy/virtual-service/named-hosts.ts';
import { hostsOfVirtualServices, importedVirtualServices } from '../../policy/virtual-service/select.ts';
import type { Config, Snapshot } from '../../registry/snapshot.ts';
import type { VirtualService } from '../../schema/kinds.ts';
import { callsOf } from './calls.ts';
import { type ImportedBy, importsOf } from './imports.ts';
import { type Indexes, isResolvedByDns, type KnownIdentities } from './indexes.ts';
import { buildOutboundService } from './outbound-service.ts';
import { type RuleChanges, ruleChanges, ruledHosts, withPorts } from './rule-changes.ts';
import { unregisteredHosts } from './unregistered-hosts.ts';

/** Variants of one service that are kept: of own and other namespaces, and before and after a change. */
const variants = 8;
/** Kinds of clients that are kept: namespaces, times their Sidecars, times labels that rules look at. */
const mostViews = 5_000;
const noEndpoints: never[] = [];
const noSidecars: never[] = [];

/** A view, and what further rules of the same client need. */
export interface Seen {
  readonly view: OutboundView;
  readonly client: Client;
  readonly lookup: DestinationLookup;
  readonly ruleOf: (service: Service) => MergedRule | undefined;
}

/** What clients see of the mesh. Clients with the same sight share one view, and views share what is equal in them. */
export class OutboundViews {
  readonly #settings: MeshSettings;
  readonly #indexes: Indexes;
  readonly #ports = new Remembered<Service, readonly OutboundPortIR[]>(variants);
  readonly #resolvedByDns = rememberedBy((services: readonly Service[]) => services.filter(isResolvedByDns));
  readonly #views = new Lru<Known>(mostViews);
  readonly #changes = new Remembered<readonly Routing[], RuleChanges | undefined>(2);

  constructor(settings: MeshSettings, indexes: Indexes) {
    this.#settings = settings;
    this.#indexes = indexes;
  }

  /** The same object until something of it changes. */
  view(snapshot: Snapshot, namespace: string, labels: Readonly<Record<string, string>>): OutboundView {
    return this.#see(snapshot, { namespace, labels }, 'sidecar').view;
  }

  /** The mesh as a gateway sees it: Sidecar resources are not for it. The same object until something of it changes. */
  forGateway(snapshot: Snapshot, namespace: string, labels: Readonly<Record<string, string>>): Seen {
    return this.#see({ ...snapshot, sidecars: noSidecars }, { namespace, labels }, 'gateway');
  }

  #see(snapshot: Snapshot, workload: Client, role: 'sidecar' | 'gateway'): Seen {
    const { namespace, labels } = workload;
    // A Sidecar selects by any label, so it is found before the client is narrowed to what rules look at.
    const scope = scopeOf(snapshot.sidecars, workload, this.#settings);
    const client = this.#indexes.clientOf(snapshot, namespace, labels);
    const key = JSON.stringify([role, namespace, scope.key, Object.entries(client.labels)]);
    const routing = this.#indexes.routing(snapshot.virtualServices);
    const inputs = [
      routing,
      snapshot.services,
      snapshot.destinationRules,
      snapshot.peerAuthentications,
      snapshot.sidecars,
      this.#indexes.identities(snapshot.endpoints),
      ...this.#resolvedByDns(snapshot.services).map(({ id }) => snapshot.endpoints.get(id)),
    ];
    const known = this.#views.get(key);
    if (known !== undefined && sameItems(known.inputs, inputs)) return known.seen;
    const ruled = known === undefined ? undefined : this.#withRules(known, inputs, snapshot);
    const built = ruled ?? this.#build(snapshot, client, { key, scope });
    // A rebuild that changed nothing is no change.
    const view = known !== undefined && sameView(known.seen.view, built.seen.view) ? known.seen.view : built.seen.view;
    const seen = { ...built.seen, view };
    this.#views.set(key, { ...built, inputs, seen });
    return seen;
  }

  /** The view after a change of rules, where they alone have changed and touch only the services that they are for. */
  #withRules(known: Known, inputs: readonly unknown[], snapshot: Snapshot): Built | undefined {
    const [before, ...rest] = known.inputs;
    const [after, ...others] = inputs;
    const [only, further] = known.sights;
    // Which port is whose among several listeners of a Sidecar is decided for all of them together.
    if (only === undefined || further !== undefined || only.isPartial || !sameItems(rest, others)) return undefined;
    const rules = after as readonly Routing[];
    const changes = this.#changes.get(rules, [before], () =>
      ruleChanges(before as readonly Routing[], rules, this.#indexes.named),
    );
    if (changes === undefined) return undefined;
    const { domainSuffix } = this.#settings;
    const hosts = ruledHosts(changes, only.sight.virtualServices, only.sight.services, domainSuffix);
    const lasting = { ...only.sight, virtualServices: only.sight.virtualServices.replaced(changes) };
    const sight = { ...lasting, snapshot };
    const made = new Map(hosts.services.map((service) => [service, this.#portsOf(service, sight)]));
    const ports = withPorts(known.seen.view.ports, made);
    if (ports === undefined) return undefined;
    const unregistered = hosts.others
      ? unregisteredHosts(rules, { ...sight, settings: this.#settings })
      : known.seen.view.unregistered;
    return {
      sights: [{ ...only, sight: lasting }],
      seen: { ...known.seen, view: { ...known.seen.view, ports, unregistered } },
    };
  }

  #build(snapshot: Snapshot, client: Client, { key, scope }: Narrowed): Built {
    const { domainSuffix, rootNamespaces, outboundTrafficPolicy } = this.#settings;
    const { namespace } = client;
    const routing = this.#indexes.routing(snapshot.virtualServices);
    const imports = importsOf({
      ...{ services: snapshot.services, namespace, scope, namedBy: this.#indexes.named },
      rulesOf: (egress) => importedVirtualServices(routing, { namespace, scope: egress, domainSuffix }),
    });
    const { services } = imports;
    const rules = this.#indexes.rules(snapshot.destinationRules);
    const ruleOf = (service: Service) =>
      findRule(rules, { host: service.hostname, owner: service.namespace, client, rootNamespaces });
    const base = { snapshot, client, services, ruleOf, lookup: lookupIn(services, ruleOf), key };
    const listeners = imports.listeners.map((listener): ListenerSight => {
      const { virtualServices } = listener;
      const hosts = hostsOfVirtualServices(virtualServices, domainSuffix);
      const sight = { ...base, virtualServices: hosts, protocol: listener.scope.protocol };
      return { ...listener, sight };
    });
    const calls = callsOf({ ...imports, listeners }, (service, { sight }) => this.#portsOf(service, sight));
    const onPort80 = listenerOf(listeners, 80);
    const view = {
      key,
      ...calls,
      unregistered:
        onPort80 === undefined ? [] : unregisteredHosts(routing, { ...onPort80.sight, settings: this.#settings }),
      blocked: (scope.outboundTrafficPolicy ?? outboundTrafficPolicy) === 'REGISTRY_ONLY',
      egressProxy: egressProxyOf(scope),
      declared: scope.declared,
    };
    const sights = listeners.map(({ scope: egress, sight: { snapshot: _, ...sight } }) => ({
      sight,
      isPartial: scope.declared || egress.bind !== '' || egress.port !== undefined,
    }));
    return { seen: { view, client, lookup: base.lookup, ruleOf }, sights };
  }

  #portsOf(service: Service, sight: Sight): readonly OutboundPortIR[] {
    const { snapshot, client, lookup } = sight;
    const virtualService = sight.virtualServices.find(service.hostname);
    const rule = sight.ruleOf(service);
    const identities = this.#indexes.identities(snapshot.endpoints).get(service.id) ?? unknownIdentities;
    const dnsEndpoints = isResolvedByDns(service) ? (snapshot.endpoints.get(service.id) ?? noEndpoints) : noEndpoints;
    const takesMtls = this.#indexes.modes(snapshot).forNamespace(service.namespace) !== 'disable';
    const { service: targeted = service, host: target = service.hostname } = lookup(service.hostname) ?? {};
    const inputs = [
      service.namespace === client.namespace,
      rule,
      identities.key,
      takesMtls,
      dnsEndpoints,
      target,
      // Its hash tells requests apart on the way to another host, too.
      sight.ruleOf(targeted),
      virtualService,
      sight.protocol,
      ...this.#ruleInputs(virtualService, sight),
    ];
    return this.#ports.get(service, inputs, () =>
      buildOutboundService({
        service,
        rule,
        identities: identities.ids,
        allMeshed: identities.allMeshed,
        takesMtls,
        dnsEndpoints,
        settings: this.#settings,
        client,
        virtualService,
        lookup,
        target,
        protocol: sight.protocol,
      }),
    );
  }

  /** What the rules of a VirtualService look at beyond its own host. */
  #ruleInputs(config: Config<VirtualService> | undefined, { lookup, ruleOf, key }: Sight): readonly unknown[] {
    if (config === undefined) return [];
    const others = [...this.#indexes.named(config).keys()].flatMap((host) => {
      const service = lookup(host)?.service;
      return service === undefined ? [undefined, undefined] : [service, ruleOf(service)];
    });
    return asksForSource(config) ? [...others, key] : others;
  }
}

/** What a view was made from, as far as a change of rules needs it. */
interface Built {
  readonly seen: Seen;
  /** Without the snapshot, which would outlive its time with them. */
  readonly sights: readonly { readonly sight: Omit<Sight, 'snapshot'>; readonly isPartial: boolean }[];
}

interface Known extends Built {
  /** The rules first. */
  readonly inputs: readonly unknown[];
}

interface Narrowed {
  readonly key: string;
  readonly scope: Scope;
}

interface Sight {
  readonly snapshot: Snapshot;
  readonly client: Client;
  readonly services: ReadonlyMap<string, Service>;
  readonly virtualServices: HostIndex<Config<VirtualService>>;
  readonly ruleOf: (service: Service) => MergedRule | undefined;
  readonly lookup: DestinationLookup;
  /** What is spoken, if a Sidecar says so. */
  readonly protocol: Protocol | undefined;
  readonly key: string;
}

interface ListenerSight extends ImportedBy {
  readonly sight: Sight;
}

const unknownIdentities: KnownIdentities = { ids: [], allMeshed: false, key: '' };

function lookupIn(
  services: ReadonlyMap<string, Service>,
  ruleOf: (service: Service) => MergedRule | undefined,
): DestinationLookup {
  const wildcards = [...services.values()]
    .filter(({ hostname }) => hostname.startsWith('*'))
    .sort((a, b) => b.hostname.length - a.hostname.length);
  return (host) => {
    const service = services.get(host) ?? wildcards.find(({ hostname }) => hostCovers(hostname, host));
    if (service === undefined) return undefined;
    const target = targetOf(service, services);
    return {
      service: target,
      host: target.hostname,
      hash: (port, subset) => hashPoliciesOf(effectivePolicy(ruleOf(target), subset, port).loadBalancer),
      connection: (port, subset) => tcpConnectionOf(effectivePolicy(ruleOf(target), subset, port)),
    };
  };
}

/**
 * An ExternalName for a service of the mesh is another name for it, and so on along a chain of them; for any other host
 * it is a host of its own, as is one whose chain leads back into itself.
 */
function targetOf(service: Service, services: ReadonlyMap<string, Service>): Service {
  const passed = new Set<Service>();
  let target = service;
  for (let next = aliased(target, services); next !== undefined; next = aliased(target, services)) {
    if (passed.has(next)) return service;
    passed.add(next);
    target = next;
  }
  return target;
}

function aliased({ aliasOf }: Service, services: ReadonlyMap<string, Service>): Service | undefined {
  return aliasOf === undefined ? undefined : services.get(aliasOf);
}

function egressProxyOf({ egressProxy: proxy }: Scope): string {
  return proxy === undefined ? '' : clusterName(proxy.port, proxy.subset, proxy.host);
}

function sameView(left: OutboundView, right: OutboundView): boolean {
  return (
    sameItems(left.ports, right.ports) &&
    sameBound(left.bound, right.bound) &&
    sameItems(left.further, right.further) &&
    JSON.stringify(left.unregistered) === JSON.stringify(right.unregistered) &&
    left.blocked === right.blocked &&
    left.egressProxy === right.egressProxy &&
    left.declared === right.declared
  );
}

function sameBound(left: OutboundView['bound'], right: OutboundView['bound']): boolean {
  const places = (bound: OutboundView['bound']) =>
    bound.map(({ address, port, listens }) => `${address} ${port} ${listens}`);
  return (
    sameItems(places(left), places(right)) &&
    left.every(({ entries }, index) => sameItems(entries, right[index]?.entries ?? []))
  );
}
