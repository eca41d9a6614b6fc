/**
 * 15001 and 15006 as an Envoy overlay, since the control plane of these tests sends none: HTTP to wherever the client
 * meant to go, with a header on which way it came. They reach Envoy as `bootstrapOverride`, so that is played, too.
 */
export function meshListeners(mode: 'REDIRECT' | 'TPROXY', family: 4 | 6): string {
  const any = family === 4 ? '0.0.0.0' : '::';
  return JSON.stringify({
    static_resources: {
      listeners: [
        listener('outbound', { any, port: 15001 }),
        listener('inbound', { any, port: 15006, transparent: mode === 'TPROXY' }),
      ],
      clusters: [
        { name: 'outbound', type: 'ORIGINAL_DST', lb_policy: 'CLUSTER_PROVIDED', connect_timeout: '2s' },
        {
          name: 'inbound',
          type: 'ORIGINAL_DST',
          lb_policy: 'CLUSTER_PROVIDED',
          connect_timeout: '2s',
          upstream_bind_config: { source_address: { address: family === 4 ? '127.0.0.6' : '::6', port_value: 0 } },
        },
      ],
    },
  });
}

function listener(name: 'inbound' | 'outbound', at: { any: string; port: number; transparent?: boolean }): object {
  const type = (path: string) => ({ '@type': `type.googleapis.com/envoy.extensions.filters.${path}` });
  return {
    name,
    traffic_direction: name.toUpperCase(),
    address: { socket_address: { address: at.any, port_value: at.port } },
    ...(at.transparent ? { transparent: true } : {}),
    listener_filters: [
      { name: 'envoy.filters.listener.original_dst', typed_config: type('listener.original_dst.v3.OriginalDst') },
    ],
    filter_chains: [
      {
        filters: [
          {
            name: 'envoy.filters.network.http_connection_manager',
            typed_config: {
              ...type('network.http_connection_manager.v3.HttpConnectionManager'),
              stat_prefix: name,
              route_config: {
                virtual_hosts: [
                  {
                    name,
                    domains: ['*'],
                    routes: [{ match: { prefix: '/' }, route: { cluster: name, timeout: '60s' } }],
                    response_headers_to_add: [
                      { header: { key: 'x-through', value: name }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' },
                    ],
                  },
                ],
              },
              http_filters: [{ name: 'envoy.filters.http.router', typed_config: type('http.router.v3.Router') }],
            },
          },
        ],
      },
    ],
  };
}
