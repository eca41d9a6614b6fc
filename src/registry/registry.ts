import { Dialects } from '../dialects/dialects.ts';
import type { Status } from '../dialects/gateway-api/statuses.ts';
import { type FaultListener, guarded } from '../model/fault.ts';
import type { Service } from '../model/service.ts';
import { type ObjectChanges, objectKey, type SourceObject } from '../source/object-source.ts';
import { byAge, byText, type Change, changeList, changeMap } from './collections.ts';
import { Configs } from './configs.ts';
import { Endpoints } from './endpoints.ts';
import { Hosts } from './hosts.ts';
import { Namespaces } from './namespaces.ts';
import { ProblemBook } from './problem-book.ts';
import type { RegistryProblem } from './registry-problem.ts';
import { Secrets } from './secrets.ts';
import { emptySnapshot, type Snapshot } from './snapshot.ts';
import { WorkloadEntries } from './workload-entries.ts';
import { Workloads } from './workloads.ts';

export interface RegistryOptions {
  /** `cluster.local` */
  readonly domainSuffix: string;
  /** Policies there hold everywhere. */
  readonly rootNamespaces?: readonly string[];
  /** Told once of each problem, when it comes up. */
  readonly onProblem?: (problem: RegistryProblem) => void;
  /** OR1661 of each listener that throws, and the others are told all the same. */
  readonly onFault?: FaultListener;
}

/** What objects of a kind go into. */
interface Sink {
  put(key: string, object: SourceObject): void;
  remove(kind: string, key: string): void;
}

/**
 * All objects of the mesh, and what follows from them. Each step below is a pure derivation from those before it,
 * made again only for what changed; what comes out equal stays the value that it was.
 *
 *   Node ──────┐
 *   Pod ───────┴─► workloads ──┐
 *   WorkloadEntry ─────────────┤                 WorkloadEntry ─► machines
 *   EndpointSlice ─────────────┼─► endpoints      Secret ─► secrets     Namespace ─► namespaces
 *   Service ─────┬─► services ─┘
 *   ServiceEntry ┘                                VirtualService, DestinationRule, … ─► lists
 *   ServiceProfile, HTTPRoute, Ingress, … ─► VirtualService, DestinationRule, Gateway
 */
export class Registry {
  readonly #options: RegistryOptions;
  readonly #problems = new ProblemBook();
  readonly #namespaces = new Namespaces(this.#problems);
  readonly #workloads = new Workloads(this.#problems);
  readonly #entries = new WorkloadEntries(this.#problems);
  readonly #groups = new Configs<'WorkloadGroup'>(this.#problems);
  /** Checked; injection reads them from the source. */
  readonly #proxyConfigs = new Configs<'ProxyConfig'>(this.#problems);
  readonly #hosts: Hosts;
  readonly #endpoints: Endpoints;
  readonly #secrets = new Secrets(this.#problems);
  readonly #virtualServices = new Configs<'VirtualService'>(this.#problems);
  readonly #destinationRules = new Configs<'DestinationRule'>(this.#problems);
  readonly #gateways = new Configs<'Gateway'>(this.#problems);
  readonly #sidecars = new Configs<'Sidecar'>(this.#problems);
  readonly #peerAuthentications = new Configs<'PeerAuthentication'>(this.#problems);
  readonly #authorizationPolicies: Configs<'AuthorizationPolicy'>;
  readonly #requestAuthentications = new Configs<'RequestAuthentication'>(this.#problems);
  readonly #telemetries = new Configs<'Telemetry'>(this.#problems);
  readonly #envoyFilters = new Configs<'EnvoyFilter'>(this.#problems);
  readonly #rateLimits = new Configs<'RateLimit'>(this.#problems);
  readonly #emergencies = new Configs<'Emergency'>(this.#problems);
  #settings: Snapshot['settings'];
  #tokenKeys: Snapshot['tokenKeys'] = emptySnapshot.tokenKeys;
  #gatewayAddresses: Snapshot['gatewayAddresses'] = emptySnapshot.gatewayAddresses;
  #taps: Snapshot['taps'] = emptySnapshot.taps;
  #asked: Snapshot['asked'] = emptySnapshot.asked;
  readonly #dialects: Dialects;
  #statuses: readonly Status[] = [];
  readonly #sinks: ReadonlyMap<string, Sink>;
  readonly #listeners = new Set<(snapshot: Snapshot) => void>();
  #snapshot: Snapshot;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#dialects = new Dialects(options.domainSuffix);
    this.#authorizationPolicies = new Configs(this.#problems, options.rootNamespaces);
    this.#hosts = new Hosts(options.domainSuffix, this.#problems);
    const parts = { hosts: this.#hosts, workloads: this.#workloads, entries: this.#entries };
    this.#endpoints = new Endpoints({ ...parts, problems: this.#problems });
    this.#sinks = new Map<string, Sink>([
      ['Namespace', this.#namespaces.input],
      ['Node', this.#workloads.nodes],
      ['Pod', this.#workloads.pods],
      ['Service', this.#hosts.services],
      ['ServiceEntry', this.#hosts.entries],
      ['WorkloadEntry', this.#entries.input],
      ['WorkloadGroup', this.#groups.input],
      ['ProxyConfig', this.#proxyConfigs.input],
      ['EndpointSlice', this.#endpoints.slices],
      ['Secret', this.#secrets.secrets],
      ['VirtualService', this.#virtualServices.input],
      ['DestinationRule', this.#destinationRules.input],
      ['Gateway', this.#gateways.input],
      ['Sidecar', this.#sidecars.input],
      ['PeerAuthentication', this.#peerAuthentications.input],
      ['AuthorizationPolicy', this.#authorizationPolicies.input],
      ['RequestAuthentication', this.#requestAuthentications.input],
      ['Telemetry', this.#telemetries.input],
      ['EnvoyFilter', this.#envoyFilters.input],
      ['RateLimit', this.#rateLimits.input],
      ['Emergency', this.#emergencies.input],
    ]);
    this.#snapshot = this.#derive(emptySnapshot);
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** Told of each new snapshot, not of the present one. The answer ends that. */
  onSnapshot(listener: (snapshot: Snapshot) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What is wrong now, in order of the objects. */
  problems(): readonly RegistryProblem[] {
    return this.#problems.all();
  }

  /** What is to be told of resources of other dialects by their statuses; the same list while nothing of them changes. */
  get statuses(): readonly Status[] {
    return this.#statuses;
  }

  /** Takes changes in; those of one call make one snapshot, or none when nothing follows from them. */
  apply(changes: ObjectChanges): void {
    const translated = this.#dialects.apply(changes);
    if (translated.problems !== undefined) this.#problems.set('dialects', translated.problems);
    if (translated.statuses !== undefined) this.#statuses = translated.statuses;
    const { upserts, removals } = translated.changes;
    for (const key of removals) {
      const [kind = '', ...rest] = key.split(' ');
      this.#sinks.get(kind)?.remove(kind, rest.join(' '));
    }
    for (const object of upserts) {
      const key = objectKey(object).slice(object.kind.length + 1);
      this.#sinks.get(object.kind)?.put(key, object);
    }
    this.#settle();
  }

  /** Keys of issuers, all that are known. They come from outside of the cluster. */
  learnKeys(keys: Snapshot['tokenKeys']): void {
    this.#tokenKeys = keys;
    this.#settle();
  }

  /** Of gateways that are known by name, all that are known. */
  learnGatewayAddresses(addresses: Snapshot['gatewayAddresses']): void {
    this.#gatewayAddresses = addresses;
    this.#settle();
  }

  /** All that there are. */
  learnTaps(taps: Snapshot['taps']): void {
    this.#taps = taps;
    this.#settle();
  }

  /** All that there are. */
  learnAsked(asked: Snapshot['asked']): void {
    this.#asked = asked;
    this.#settle();
  }

  /** The settings of the mesh, whole. */
  learnSettings(settings: NonNullable<Snapshot['settings']>): void {
    this.#settings = settings;
    this.#settle();
  }

  #settle(): void {
    const next = this.#derive(this.#snapshot);
    for (const problem of this.#problems.takeFresh()) this.#options.onProblem?.(problem);
    if (sameParts(next, this.#snapshot)) return;
    this.#snapshot = { ...next, number: this.#snapshot.number + 1 };
    const { onFault = thrown } = this.#options;
    const snapshot = this.#snapshot;
    for (const listener of this.#listeners) guarded('who follows the mesh', onFault, () => listener(snapshot));
  }

  #derive(before: Snapshot): Snapshot {
    const workloads = this.#workloads.settle((topic) => this.#endpoints.announce(topic));
    const machines = this.#entries.settle((topic) => this.#endpoints.announce(topic));
    this.#proxyConfigs.settle();
    const hosts = this.#hosts.settle();
    const endpoints = this.#endpoints.settle(hosts);
    const services = hosts
      .map(({ key, before: old, value }) => ({ key, before: old?.service, value: value?.service }))
      .filter(isChange);
    return {
      number: before.number,
      settings: this.#settings,
      namespaces: changeMap(before.namespaces, this.#namespaces.settle()),
      services: changeList(before.services, services, byAgeAndHost),
      endpoints: changeMap(before.endpoints, endpoints),
      workloads: changeMap(before.workloads, workloads),
      machines: changeMap(before.machines, machines),
      workloadGroups: this.#groups.settle(),
      virtualServices: this.#virtualServices.settle(),
      destinationRules: this.#destinationRules.settle(),
      gateways: this.#gateways.settle(),
      sidecars: this.#sidecars.settle(),
      peerAuthentications: this.#peerAuthentications.settle(),
      authorizationPolicies: this.#authorizationPolicies.settle(),
      requestAuthentications: this.#requestAuthentications.settle(),
      telemetries: this.#telemetries.settle(),
      envoyFilters: this.#envoyFilters.settle(),
      rateLimits: this.#rateLimits.settle(),
      emergencies: this.#emergencies.settle(),
      tokenKeys: this.#tokenKeys,
      gatewayAddresses: this.#gatewayAddresses,
      taps: this.#taps,
      asked: this.#asked,
      secrets: changeMap(before.secrets, this.#secrets.settle()),
    };
  }
}

function thrown(fault: Error): never {
  throw fault;
}

/** A ServiceEntry is one service for each of its hosts. */
function byAgeAndHost(left: Service, right: Service): number {
  return byAge(left, right) || byText(left.hostname, right.hostname);
}

function isChange<V>({ before, value }: Change<V>): boolean {
  return before !== value;
}

function sameParts(left: Snapshot, right: Snapshot): boolean {
  const names = Object.keys(left).filter((name): name is keyof Snapshot => name !== 'number');
  return names.every((name) => left[name] === right[name]);
}
