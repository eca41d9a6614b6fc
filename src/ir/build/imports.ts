import type { Service } from '../../model/service.ts';
import { hostCovers } from '../../policy/hosts.ts';
import { type EgressScope, importsService, type Scope } from '../../policy/sidecar/scope.ts';
import type { DestinationPorts } from '../../policy/virtual-service/named-hosts.ts';
import { isVisible } from '../../policy/visibility.ts';
import type { Config } from '../../registry/snapshot.ts';
import type { VirtualService } from '../../schema/kinds.ts';

/** What a client knows of the mesh. */
export interface Imports {
  /** One for each host, in order of age: those that are called, and those that rules and ExternalNames lead to. */
  readonly services: ReadonlyMap<string, Service>;
  readonly listeners: readonly ImportedBy[];
  /** The ports of a service of which anything is known; undefined is all. */
  readonly portsOf: (service: Service) => ReadonlySet<number> | undefined;
}

/** What an egress listener takes in. */
export interface ImportedBy {
  readonly scope: EgressScope;
  /** Those that are called here, in order of age. */
  readonly services: readonly Service[];
  readonly virtualServices: readonly Config<VirtualService>[];
}

export interface ImportInputs {
  readonly services: readonly Service[];
  readonly namespace: string;
  readonly scope: Scope;
  /** The rules that hold for a listener. */
  readonly rulesOf: (scope: EgressScope) => readonly Config<VirtualService>[];
  /** Where rules lead. */
  readonly namedBy: (config: Config<VirtualService>) => DestinationPorts;
}

/**
 * The services that a client sees: of several with one host that of its own namespace, else a Kubernetes Service, else
 * the oldest. A Sidecar leaves out the others, save the ports that its rules lead to, which have clusters and nothing else.
 */
export function importsOf({ services, namespace, scope, rulesOf, namedBy }: ImportInputs): Imports {
  const visible = services.filter((service) => isVisible(service.exportTo, service.namespace, namespace));
  const all = byHost(visible, namespace);
  const found = new Found(all);
  const listeners = scope.listeners.map((egress): ImportedBy => {
    const own = scope.declared
      ? byHost(
          visible.filter((service) => importsService(egress, service.namespace, service.hostname)),
          namespace,
        )
      : all;
    const called = [...own.values()].filter((service) => hasPort(service, egress.port));
    for (const service of called) found.add(service, egress.port === undefined ? undefined : [egress.port]);
    return { scope: egress, services: called, virtualServices: rulesOf(egress) };
  });
  if (!scope.declared) return { services: all, listeners, portsOf: () => undefined };
  for (const { scope: egress, virtualServices } of listeners)
    for (const config of virtualServices)
      for (const [host, ports] of namedBy(config)) found.lead(host, egress.port === undefined ? ports : [egress.port]);
  if (scope.egressProxy !== undefined) found.lead(scope.egressProxy.host, [scope.egressProxy.port]);
  found.followAliases();
  return {
    services: new Map(visible.filter((service) => found.has(service)).map((service) => [service.hostname, service])),
    listeners: listeners.map((entry) => ({ ...entry, services: entry.services.filter((item) => found.has(item)) })),
    portsOf: (service) => found.portsOf(service),
  };
}

function hasPort({ ports }: Service, port: number | undefined): boolean {
  return port === undefined || ports.some(({ number }) => number === port);
}

/** The service of each host that was found, and its ports as far as anything asks for them. */
class Found {
  readonly #all: ReadonlyMap<string, Service>;
  readonly #services = new Map<string, Service>();
  readonly #ports = new Map<Service, Set<number> | 'all'>();

  constructor(all: ReadonlyMap<string, Service>) {
    this.#all = all;
  }

  /** Of one host there is one service: the one that was asked for first, unless a Kubernetes Service follows. */
  add(service: Service, ports: Iterable<number> | undefined): void {
    const before = this.#services.get(service.hostname);
    if (before !== undefined && before !== service) {
      if (before.registry === 'kubernetes' || service.registry !== 'kubernetes') return;
      this.#ports.delete(before);
    }
    this.#services.set(service.hostname, service);
    const known = this.#ports.get(service);
    if (known === 'all') return;
    this.#ports.set(service, ports === undefined ? 'all' : new Set([...(known ?? []), ...ports]));
  }

  /** Where a rule leads; a port that the service has not adds nothing, port 0 stands for all. */
  lead(host: string, ports: Iterable<number>): void {
    const service = this.#services.get(host) ?? coveringService(this.#all, host);
    if (service === undefined) return;
    const wanted = [...ports];
    const own = wanted.filter((port) => hasPort(service, port));
    if (wanted.includes(0)) this.add(service, undefined);
    else if (own.length > 0) this.add(service, own);
  }

  followAliases(): void {
    // A set takes more while it is gone through: ExternalNames lead to further ones.
    for (const { aliasOf } of this.#ports.keys()) {
      const service = aliasOf === undefined ? undefined : (this.#services.get(aliasOf) ?? this.#all.get(aliasOf));
      if (service !== undefined) this.add(service, undefined);
    }
  }

  has(service: Service): boolean {
    return this.#ports.has(service);
  }

  portsOf(service: Service): ReadonlySet<number> | undefined {
    const ports = this.#ports.get(service);
    return ports === 'all' ? undefined : ports;
  }
}

function byHost(services: readonly Service[], namespace: string): ReadonlyMap<string, Service> {
  const found = new Map<string, Service>();
  for (const service of services) {
    const before = found.get(service.hostname);
    if (before === undefined || isPreferred(service, before, namespace)) found.set(service.hostname, service);
  }
  return found;
}

/** The service of a host: of its own, else of the longest wildcard. */
function coveringService(services: ReadonlyMap<string, Service>, host: string): Service | undefined {
  const exact = services.get(host);
  if (exact !== undefined) return exact;
  let longest: Service | undefined;
  for (const service of services.values())
    if (hostCovers(service.hostname, host) && service.hostname.length > (longest?.hostname.length ?? 0))
      longest = service;
  return longest;
}

function isPreferred(service: Service, before: Service, namespace: string): boolean {
  const own = (candidate: Service) => Number(candidate.namespace === namespace);
  if (own(service) !== own(before)) return own(service) > own(before);
  return service.registry === 'kubernetes' && before.registry !== 'kubernetes';
}
