import type { Message } from '../resource.ts';
import { any, extension } from '../translate/common.ts';

/** Envoy refuses a second cache of one name with other settings, so all of a proxy have this one. */
const cache: Message = { dns_cache_config: { name: 'outrigger', dns_lookup_family: 'V4_PREFERRED' } };

/** Looks up the host of a request whose route leads to a cluster as below; others pass. */
export const resolveHostFilter: Message = extension(
  'envoy.filters.http.dynamic_forward_proxy',
  'extensions.filters.http.dynamic_forward_proxy.v3.FilterConfig',
  cache,
);

/** Looks up the server name of TLS that goes on as it is. */
export function resolveServerNameFilter(port: number): Message {
  return extension(
    'envoy.filters.network.sni_dynamic_forward_proxy',
    'extensions.filters.network.sni_dynamic_forward_proxy.v3.FilterConfig',
    { port_value: port, ...cache },
  );
}

/**
 * A cluster whose endpoint is what the filters above have found. Envoy would refuse one whose TLS has a name of its own;
 * a DestinationRule may give one.
 */
export const resolvedByFilter: Message = {
  lb_policy: 'CLUSTER_PROVIDED',
  cluster_type: {
    name: 'envoy.clusters.dynamic_forward_proxy',
    typed_config: any('extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig', {
      allow_insecure_cluster_options: true,
      ...cache,
    }),
  },
};
