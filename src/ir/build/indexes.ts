import type { Endpoint } from '../../model/endpoint.ts';
import type { MeshSettings } from '../../model/mesh-settings.ts';
import type { Networks } from '../../model/network.ts';
import { Remembered, rememberedBy } from '../../model/remembered.ts';
import type { Service } from '../../model/service.ts';
import type { Client } from '../../policy/client.ts';
import { indexRules } from '../../policy/destination-rule/select.ts';
import { relievedModes } from '../../policy/emergency/relieved-modes.ts';
import { networksOf } from '../../policy/network/networks.ts';
import { indexPeerAuthentications, type PeerAuthenticationIndex } from '../../policy/peer-authentication/mode.ts';
import {
  delegatesById,
  isDelegate,
  isRoot,
  joinDelegates,
  namedDelegates,
  type Routing,
} from '../../policy/virtual-service/delegates.ts';
import { destinationPorts, sourceLabelNames } from '../../policy/virtual-service/named-hosts.ts';
import type { Config, Snapshot } from '../../registry/snapshot.ts';
import type { DestinationRule, VirtualService } from '../../schema/kinds.ts';
import { identitiesOf, type ServiceIdentities } from './identities.ts';

export interface KnownIdentities extends ServiceIdentities {
  /** Equal text, equal content. */
  readonly key: string;
}

/** What is derived from single collections, each built once as long as its collection stands. */
export class Indexes {
  readonly #settings: MeshSettings;
  readonly #trustDomains: readonly string[];
  #identities: ReadonlyMap<string, KnownIdentities> = new Map();
  #identitiesOf: Snapshot['endpoints'] | undefined;

  constructor(settings: MeshSettings) {
    this.#settings = settings;
    this.#trustDomains = [settings.trustDomain, ...settings.trustDomainAliases];
  }

  readonly rules = rememberedBy((configs: readonly Config<DestinationRule>[]) =>
    indexRules(configs, this.#settings.domainSuffix),
  );

  readonly #statedModes = rememberedBy((configs: Snapshot['peerAuthentications']) =>
    indexPeerAuthentications(configs, this.#settings.rootNamespaces),
  );

  readonly #relievedModes = new Remembered<Snapshot['peerAuthentications'], PeerAuthenticationIndex>(2);

  /** Whom workloads let in by which means, as it is for now. */
  modes({ peerAuthentications, emergencies }: Pick<Snapshot, 'peerAuthentications' | 'emergencies'>) {
    return this.#relievedModes.get(peerAuthentications, [emergencies], () =>
      relievedModes(this.#statedModes(peerAuthentications), emergencies, this.#settings.rootNamespaces),
    );
  }

  #networks: Networks | undefined;
  readonly #networksOf = new Remembered<Snapshot['services'], Networks | undefined>(1);

  /** The same object as long as nothing of it changes; undefined where all are called by their addresses. */
  networks(snapshot: Pick<Snapshot, 'services' | 'namespaces' | 'gatewayAddresses'>): Networks | undefined {
    const { services, namespaces, gatewayAddresses } = snapshot;
    const found = this.#networksOf.get(services, [namespaces, gatewayAddresses], () =>
      networksOf({ services, namespaces, gatewayAddresses, settings: this.#settings }),
    );
    if (found?.key !== this.#networks?.key) this.#networks = found;
    return this.#networks;
  }

  readonly named = rememberedBy((config: Config<VirtualService>) =>
    destinationPorts(config, this.#settings.domainSuffix),
  );

  readonly #joined = new Remembered<Config<VirtualService>, Routing>(2);

  /** Those that have hosts, with the rules of their delegates in them; each made anew only when one of the two changes. */
  readonly routing = rememberedBy((configs: readonly Config<VirtualService>[]): readonly Routing[] => {
    const known = delegatesById(configs);
    return configs
      .filter((config) => !isDelegate(config))
      .map((config): Routing => {
        if (!isRoot(config)) return config;
        const named = namedDelegates(config, known);
        return this.#joined.get(config, named, () => joinDelegates(config, named, this.#settings.domainSuffix));
      });
  });

  /** The labels that any VirtualService or DestinationRule tells clients apart by. */
  readonly sourceLabels = rememberedBy((configs: readonly Config<VirtualService>[]) => [
    ...new Set(configs.flatMap(sourceLabelNames)),
  ]);

  readonly selectorLabels = rememberedBy((configs: readonly Config<DestinationRule>[]) => [
    ...new Set(configs.flatMap(({ spec }) => Object.keys(spec.workloadSelector?.matchLabels ?? {}))),
  ]);

  readonly #identitiesOfEndpoints = rememberedBy((endpoints: readonly Endpoint[]): KnownIdentities => {
    const found = identitiesOf(endpoints, this.#trustDomains);
    return { ...found, key: `${found.allMeshed} ${found.ids.join(' ')}` };
  });

  /** Who answers behind each service, by its id: the same map as long as no answer changes, whatever endpoints do. */
  identities(endpoints: Snapshot['endpoints']): ReadonlyMap<string, KnownIdentities> {
    if (this.#identitiesOf === endpoints) return this.#identities;
    const next = new Map<string, KnownIdentities>();
    for (const [id, list] of endpoints) next.set(id, this.#identitiesOfEndpoints(list));
    this.#identitiesOf = endpoints;
    if (!sameIdentities(next, this.#identities)) this.#identities = next;
    return this.#identities;
  }

  /** A client as far as resources tell clients apart. */
  clientOf(snapshot: Snapshot, namespace: string, labels: Readonly<Record<string, string>>): Client {
    const routing = this.routing(snapshot.virtualServices);
    const names = [...this.sourceLabels(routing), ...this.selectorLabels(snapshot.destinationRules)];
    const seen = names.filter((name) => Object.hasOwn(labels, name)).sort();
    return { namespace, labels: Object.fromEntries(seen.map((name) => [name, labels[name] ?? ''])) };
  }
}

function sameIdentities(
  left: ReadonlyMap<string, KnownIdentities>,
  right: ReadonlyMap<string, KnownIdentities>,
): boolean {
  return left.size === right.size && [...left].every(([id, { key }]) => right.get(id)?.key === key);
}

/** `Service`s of which Envoy resolves the endpoints by itself. */
export function isResolvedByDns({ resolution }: Service): boolean {
  return resolution === 'dns' || resolution === 'dns-round-robin';
}
