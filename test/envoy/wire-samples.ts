import type { Message } from '../../src/xds/resource.ts';
import { podIp } from './running-envoy.ts';

/** Small resources of the shapes that a mesh sends. */
const ads = { ads: {}, resource_api_version: 'V3' };
const type = (name: string): string => `type.googleapis.com/envoy.extensions.${name}`;
const router = { name: 'envoy.filters.http.router', typed_config: { '@type': type('filters.http.router.v3.Router') } };

export function edsCluster(name: string, changes: Message = {}): Message {
  return {
    name,
    type: 'EDS',
    connect_timeout: '1s',
    eds_cluster_config: { eds_config: { ...ads, initial_fetch_timeout: '0s' }, service_name: name },
    ...changes,
  };
}

export function endpoints(name: string, port: number): Message {
  return {
    cluster_name: name,
    endpoints: [
      {
        lb_endpoints: [{ endpoint: { address: { socket_address: { address: podIp, port_value: port } } } }],
      },
    ],
  };
}

export function rdsListener(
  name: string,
  port: number,
  options: { filters?: readonly Message[]; route?: string } = {},
): Message {
  const manager = {
    '@type': type('filters.network.http_connection_manager.v3.HttpConnectionManager'),
    stat_prefix: name,
    rds: { config_source: ads, route_config_name: options.route ?? name },
    http_filters: [...(options.filters ?? []), router],
  };
  return {
    name,
    address: { socket_address: { address: podIp, port_value: port } },
    filter_chains: [{ filters: [{ name: 'envoy.filters.network.http_connection_manager', typed_config: manager }] }],
  };
}

export function onDemandFilter(what: 'hosts' | 'clusters'): Message {
  const odcds = what === 'clusters' ? { odcds: { source: ads, timeout: '1s' } } : {};
  return {
    name: 'envoy.filters.http.on_demand',
    typed_config: { '@type': type('filters.http.on_demand.v3.OnDemand'), ...odcds },
  };
}

export function routeTo(name: string, cluster: string): Message {
  return { name, virtual_hosts: [virtualHost('all', ['*'], cluster)] };
}

export function virtualHost(name: string, domains: readonly string[], cluster: string): Message {
  return { name, domains, routes: [{ match: { prefix: '/' }, route: { cluster } }] };
}

export const vhdsRoute = (name: string): Message => ({ name, vhds: { config_source: ads } });
