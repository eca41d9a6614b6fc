import { expect, test } from 'vitest';
import { canonical, merged } from './merge.ts';

const cluster = 'envoy.config.cluster.v3.Cluster';
const any = (type: string, fields: object) => ({ '@type': `type.googleapis.com/envoy.${type}`, ...fields });
const tcp = 'extensions.filters.network.tcp_proxy.v3.TcpProxy';

test('names of both forms become those of the .proto files, within Any and maps, too, but not keys of maps', () => {
  expect(
    canonical('envoy.config.listener.v3.Filter', {
      name: 'n',
      typedConfig: any(tcp, { statPrefix: 's', metadataMatch: { filterMetadata: { someThing: { aB: 1 } } } }),
    }),
  ).toEqual({
    name: 'n',
    typed_config: any(tcp, { stat_prefix: 's', metadata_match: { filter_metadata: { someThing: { aB: 1 } } } }),
  });
});

test.each<[string, object, object, object]>([
  ['fields', { a: 1, connect_timeout: '1s' }, { connect_timeout: '2s' }, { a: 1, connect_timeout: '2s' }],
  [
    'messages',
    { upstream_connection_options: { tcp_keepalive: { keepalive_time: 1 } } },
    { upstream_connection_options: { tcp_keepalive: { keepalive_interval: 2 } } },
    { upstream_connection_options: { tcp_keepalive: { keepalive_time: 1, keepalive_interval: 2 } } },
  ],
  ['lists, one behind the other', { dns_resolvers: [1] }, { dns_resolvers: [2] }, { dns_resolvers: [1, 2] }],
  [
    'of fields that exclude each other, the new one',
    { type: 'EDS' },
    { cluster_type: { name: 'x' } },
    { cluster_type: { name: 'x' } },
  ],
  [
    'a map, by key',
    { typed_extension_protocol_options: { a: any(tcp, { stat_prefix: 'a' }), b: any(tcp, {}) } },
    { typed_extension_protocol_options: { a: any(tcp, { cluster: 'c' }) } },
    { typed_extension_protocol_options: { a: any(tcp, { stat_prefix: 'a', cluster: 'c' }), b: any(tcp, {}) } },
  ],
  [
    'an Any of another type is another thing',
    { transport_socket: { typed_config: any(tcp, { stat_prefix: 'a' }) } },
    { transport_socket: { typed_config: any('config.cluster.v3.Cluster', { name: 'b' }) } },
    { transport_socket: { typed_config: any('config.cluster.v3.Cluster', { name: 'b' }) } },
  ],
])('%s', (_, base, patch, expected) => expect(merged(cluster, base, patch)).toEqual(expected));
