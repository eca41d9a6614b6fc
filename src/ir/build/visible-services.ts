import type { Service } from '../../model/service.ts';
import { hostCovers } from '../../policy/hosts.ts';
import { inScope, type Scope } from '../../policy/sidecar/scope.ts';
import { isVisible } from '../../policy/visibility.ts';

/** What the rules that a client imports look at, which is imported without being asked for. */
type NamedHosts = () => Iterable<string>;

/**
 * The services that a client sees, one for each host, in order of age: of several with one host that of the client's own
 * namespace, else a Kubernetes Service, else the oldest. A scope leaves out the others, save those that imported rules or
 * ExternalNames lead to.
 */
export function visibleServices(
  services: readonly Service[],
  namespace: string,
  { scope, named }: { readonly scope: Scope; readonly named: NamedHosts },
): ReadonlyMap<string, Service> {
  const visible = services.filter((service) => isVisible(service.exportTo, service.namespace, namespace));
  if (!scope.declared) return byHost(visible, namespace);
  const imported = byHost(
    visible.filter((service) => inScope(scope, service.namespace, service.hostname)),
    namespace,
  );
  const all = byHost(visible, namespace);
  const found = withLedTo(imported, named(), all);
  return new Map(visible.filter((service) => found.has(service)).map((service) => [service.hostname, service]));
}

function byHost(services: readonly Service[], namespace: string): ReadonlyMap<string, Service> {
  const found = new Map<string, Service>();
  for (const service of services) {
    const before = found.get(service.hostname);
    if (before === undefined || isPreferred(service, before, namespace)) found.set(service.hostname, service);
  }
  return found;
}

function withLedTo(
  imported: ReadonlyMap<string, Service>,
  named: Iterable<string>,
  all: ReadonlyMap<string, Service>,
): ReadonlySet<Service> {
  const found = new Set(imported.values());
  for (const host of named) {
    const service = imported.get(host) ?? coveringService(all, host);
    // Of one host there is one service: the one that was asked for.
    if (service !== undefined && !imported.has(service.hostname)) found.add(service);
  }
  // A set takes more while it is gone through: ExternalNames lead to further ones.
  for (const { aliasOf } of found) {
    const service = aliasOf === undefined ? undefined : (imported.get(aliasOf) ?? all.get(aliasOf));
    if (service !== undefined) found.add(service);
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
