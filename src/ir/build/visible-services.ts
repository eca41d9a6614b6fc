import type { Service } from '../../model/service.ts';
import { inScope, type Scope } from '../../policy/sidecar/scope.ts';
import { isVisible } from '../../policy/visibility.ts';

/**
 * The services that a client sees, one for each host, in order of age: of several with one host that of the client's own
 * namespace, else a Kubernetes Service, else the oldest.
 */
export function visibleServices(
  services: readonly Service[],
  namespace: string,
  scope: Scope,
): ReadonlyMap<string, Service> {
  const found = new Map<string, Service>();
  for (const service of services) {
    if (!isVisible(service.exportTo, service.namespace, namespace)) continue;
    if (!inScope(scope, service.namespace, service.hostname)) continue;
    const before = found.get(service.hostname);
    if (before === undefined || isPreferred(service, before, namespace)) found.set(service.hostname, service);
  }
  return found;
}

function isPreferred(service: Service, before: Service, namespace: string): boolean {
  const own = (candidate: Service) => Number(candidate.namespace === namespace);
  if (own(service) !== own(before)) return own(service) > own(before);
  return service.registry === 'kubernetes' && before.registry !== 'kubernetes';
}
