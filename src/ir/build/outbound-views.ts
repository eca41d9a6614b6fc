import type { OutboundPortIR } from '../../ir/types/outbound.ts';
import type { OutboundView } from '../../ir/types/view.ts';
import { Lru } from '../../model/lru.ts';
import type { MeshSettings } from '../../model/mesh-settings.ts';
import { Remembered, rememberedBy, sameItems } from '../../model/remembered.ts';
import type { Service } from '../../model/service.ts';
import type { Client } from '../../policy/client.ts';
import { hashPoliciesOf } from '../../policy/destination-rule/balancing.ts';
import { effectivePolicy } from '../../policy/destination-rule/effective.ts';
import type { MergedRule } from '../../policy/destination-rule/merge.ts';
import { findRule } from '../../policy/destination-rule/select.ts';
import { type HostIndex, hostCovers } from '../../policy/hosts.ts';
import { type Scope, scopeOf } from '../../policy/sidecar/scope.ts';
import type { DestinationLookup } from '../../policy/virtual-service/destinations.ts';
import { asksForSource } from '../../policy/virtual-service/named-hosts.ts';
import { hostsOfVirtualServices, importedVirtualServices } from '../../policy/virtual-service/select.ts';
import type { Config, Snapshot } from '../../registry/snapshot.ts';
import type { VirtualService } from '../../schema/kinds.ts';
import { type Indexes, isResolvedByDns, type KnownIdentities } from './indexes.ts';
import { buildOutboundService } from './outbound-service.ts';
import { unregisteredHosts } from './unregistered-hosts.ts';
import { visibleServices } from './visible-services.ts';

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
  readonly #views = new Lru<{ readonly inputs: readonly unknown[]; readonly seen: Seen }>(mostViews);

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
    const scope = scopeOf(snapshot.sidecars, workload, this.#settings.rootNamespaces);
    const client = this.#indexes.clientOf(snapshot, namespace, labels);
    const key = JSON.stringify([role, namespace, scope.key, Object.entries(client.labels)]);
    const inputs = [
      snapshot.services,
      snapshot.virtualServices,
      snapshot.destinationRules,
      snapshot.peerAuthentications,
      snapshot.sidecars,
      this.#indexes.identities(snapshot.endpoints),
      ...this.#resolvedByDns(snapshot.services).map(({ id }) => snapshot.endpoints.get(id)),
    ];
    const known = this.#views.get(key);
    if (known !== undefined && sameItems(known.inputs, inputs)) return known.seen;
    const built = this.#build(snapshot, client, { key, scope });
    // A rebuild that changed nothing is no change.
    const view = known !== undefined && sameView(known.seen.view, built.view) ? known.seen.view : built.view;
    const seen = { ...built, view };
    this.#views.set(key, { inputs, seen });
    return seen;
  }

  #build(snapshot: Snapshot, client: Client, { key, scope }: Narrowed): Seen {
    const { domainSuffix, rootNamespaces, outboundTrafficPolicy } = this.#settings;
    const seenBy = { namespace: client.namespace, scope, domainSuffix };
    const imported = importedVirtualServices(snapshot.virtualServices, seenBy);
    const virtualServices = hostsOfVirtualServices(imported, domainSuffix);
    const named = () => imported.flatMap(this.#indexes.named);
    const services = visibleServices(snapshot.services, client.namespace, { scope, named });
    const rules = this.#indexes.rules(snapshot.destinationRules);
    const ruleOf = (service: Service) =>
      findRule(rules, { host: service.hostname, owner: service.namespace, client, rootNamespaces });
    const sight = { snapshot, client, services, virtualServices, ruleOf, lookup: lookupIn(services, ruleOf), key };
    const ports = [...services.values()].flatMap((service) => this.#portsOf(service, sight));
    const view = {
      key,
      ports,
      unregistered: unregisteredHosts(snapshot.virtualServices, { ...sight, settings: this.#settings }),
      blocked: (scope.outboundTrafficPolicy ?? outboundTrafficPolicy) === 'REGISTRY_ONLY',
      declared: scope.declared,
    };
    return { view, client, lookup: sight.lookup, ruleOf };
  }

  #portsOf(service: Service, sight: Sight): readonly OutboundPortIR[] {
    const { snapshot, client, lookup } = sight;
    const virtualService = sight.virtualServices.find(service.hostname);
    const rule = sight.ruleOf(service);
    const identities = this.#indexes.identities(snapshot.endpoints).get(service.id) ?? unknownIdentities;
    const dnsEndpoints = isResolvedByDns(service) ? (snapshot.endpoints.get(service.id) ?? noEndpoints) : noEndpoints;
    const takesMtls = this.#indexes.modes(snapshot.peerAuthentications).forNamespace(service.namespace) !== 'disable';
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
      }),
    );
  }

  /** What the rules of a VirtualService look at beyond its own host. */
  #ruleInputs(config: Config<VirtualService> | undefined, { lookup, ruleOf, key }: Sight): readonly unknown[] {
    if (config === undefined) return [];
    const others = this.#indexes.named(config).flatMap((host) => {
      const service = lookup(host)?.service;
      return service === undefined ? [undefined, undefined] : [service, ruleOf(service)];
    });
    return asksForSource(config) ? [...others, key] : others;
  }
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
  readonly key: string;
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

function sameView(left: OutboundView, right: OutboundView): boolean {
  return (
    sameItems(left.ports, right.ports) &&
    JSON.stringify(left.unregistered) === JSON.stringify(right.unregistered) &&
    left.blocked === right.blocked &&
    left.declared === right.declared
  );
}
