import type { Message } from '../resource.ts';
import { extension } from '../translate/common.ts';

const type = 'extensions.filters.http.on_demand.v3.OnDemand';

/**
 * Waits for the virtual host, and must be the first of all filters: one before it would see the first request of a host
 * without a route and let it by. It does not load clusters: a filter between the two may still change the route.
 */
export const onDemandHost: Message = extension('envoy.filters.http.on_demand', type);

/** Waits for the cluster of the route, after every filter that could change the route. */
export const onDemandCluster: Message = extension('outrigger.on_demand_cluster', type, {
  odcds: { source: { ads: {}, resource_api_version: 'V3' }, timeout: '1s' },
});
