import type { ClusterIR } from '../../ir/types/cluster.ts';
import type { VirtualHostIR } from '../../ir/types/route.ts';
import { routerFilter } from '../filters/router.ts';
import type { Message, XdsResource } from '../resource.ts';
import { any, fromAds } from './common.ts';
import { translateVirtualHost } from './virtual-host.ts';

/** What a gRPC client without a proxy asks for when it dials `xds:///host:port`. */
export function translateApiListener(name: string): XdsResource {
  const manager = any('extensions.filters.network.http_connection_manager.v3.HttpConnectionManager', {
    stat_prefix: name,
    rds: { config_source: fromAds, route_config_name: name },
    http_filters: [routerFilter],
  });
  return { type: 'listener', name, origins: [], message: { name, api_listener: { api_listener: manager } } };
}

/** The routes of one host, as far as a client library knows them: it forwards, and has none of our filters. */
export function translateApiRoutes(name: string, host: VirtualHostIR): XdsResource {
  const { routes } = translateVirtualHost(host);
  const forwarding = (Array.isArray(routes) ? routes : []).filter((route: Message) => route['route'] !== undefined);
  const plain = forwarding.map(({ match, route }: Message) => ({ match, route }));
  const message = { name, virtual_hosts: [{ name: host.name, domains: ['*'], routes: plain }] };
  return { type: 'route', name, origins: host.origins, message };
}

/** In plaintext: a client library has no certificate of ours. Undefined for what has no list of endpoints. */
export function translateApiCluster({ name, discovery, origins }: ClusterIR): XdsResource | undefined {
  if (discovery.kind !== 'eds' && discovery.kind !== 'headless') return undefined;
  const message = {
    name,
    type: 'EDS',
    eds_cluster_config: { eds_config: fromAds, service_name: discovery.service },
    lb_policy: 'ROUND_ROBIN',
  };
  return { type: 'cluster', name, origins, message, edsName: discovery.service };
}
