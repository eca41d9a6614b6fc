/**
 * An Envoy configuration that shows what rules capture: 15001 and 15006 answer HTTP themselves and name, in the header
 * `x-captured`, which of the two it was and the destination that the client meant (SO_ORIGINAL_DST).
 */
export function catcherConfig(mode: 'REDIRECT' | 'TPROXY'): string {
  const listeners = [
    listener('outbound', { port: 15001, transparent: false }),
    listener('inbound', { port: 15006, transparent: mode === 'TPROXY' }),
  ];
  return JSON.stringify({ static_resources: { listeners } });
}

function listener(name: string, options: { port: number; transparent: boolean }): object {
  const address = (host: string) => ({ socket_address: { address: host, port_value: options.port } });
  return {
    name,
    address: address('0.0.0.0'),
    additional_addresses: [{ address: address('::') }],
    ...(options.transparent ? { transparent: true } : {}),
    listener_filters: [
      {
        name: 'envoy.filters.listener.original_dst',
        typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.listener.original_dst.v3.OriginalDst' },
      },
    ],
    filter_chains: [
      {
        filters: [
          {
            name: 'envoy.filters.network.http_connection_manager',
            typed_config: {
              '@type':
                'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
              stat_prefix: name,
              route_config: {
                virtual_hosts: [{ name, domains: ['*'], routes: [route(name)] }],
              },
              http_filters: [
                {
                  name: 'envoy.filters.http.router',
                  typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
                },
              ],
            },
          },
        ],
      },
    ],
  };
}

function route(name: string): object {
  return {
    match: { prefix: '/' },
    direct_response: { status: 200 },
    response_headers_to_add: [{ header: { key: 'x-captured', value: `${name} %DOWNSTREAM_LOCAL_ADDRESS%` } }],
  };
}
