import type { Endpoint } from '../../model/endpoint.ts';
import { spiffeId } from '../../model/workload.ts';

/** Who answers behind a service. */
export interface ServiceIdentities {
  /** SPIFFE IDs in each trust domain, sorted. */
  readonly ids: readonly string[];
  /** There is an endpoint and each has a sidecar. */
  readonly allMeshed: boolean;
}

const none: ServiceIdentities = { ids: [], allMeshed: false };

export function identitiesOf(
  endpoints: readonly Endpoint[] | undefined,
  trustDomains: readonly string[],
): ServiceIdentities {
  if (endpoints === undefined || endpoints.length === 0) return none;
  const accounts = new Set<string>();
  for (const { namespace, serviceAccount } of endpoints)
    if (serviceAccount !== '') accounts.add(`${namespace}/${serviceAccount}`);
  const ids = [...accounts].flatMap((account) => {
    const [namespace = '', name = ''] = account.split('/');
    return trustDomains.map((domain) => spiffeId(domain, namespace, name));
  });
  return { ids: ids.sort(), allMeshed: endpoints.every(({ meshed }) => meshed) };
}
