import protobuf from 'protobufjs/minimal.js';
import { expect, test } from 'vitest';
import { type Message, typeUrls, type XdsResource } from '../resource.ts';
import { decodeAny, decodeMessage } from './decode.ts';
import { encodeResource, withAliases } from './encode-resource.ts';

function cluster(message: Message): XdsResource {
  return { type: 'cluster', name: 'one', message: { name: 'one', ...message }, origins: [] };
}

function roundTrip(message: Message): Message {
  const { sotwFrame } = encodeResource(cluster(message));
  const reader = protobuf.Reader.create(sotwFrame);
  reader.uint32();
  return decodeAny(reader.bytes());
}

function failure(message: Message): string {
  try {
    encodeResource(cluster(message));
    return 'encoded';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const upstreamTls = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext';

test.each<[string, Message]>([
  [
    'enum, duration, wrapper',
    { type: 'EDS', connect_timeout: '1.500000001s', per_connection_buffer_limit_bytes: 32768 },
  ],
  ['no time at all', { connect_timeout: '0s' }],
  ['negative duration', { connect_timeout: '-0.25s' }],
  [
    'Struct with keys of all kinds',
    {
      metadata: {
        filter_metadata: { istio: { snake_case: 'a', n: 1.5, yes: true, nothing: null, list: [1, 'b', { c: [] }] } },
      },
    },
  ],
  [
    'nested Any',
    {
      transport_socket: {
        name: 'tls',
        typed_config: { '@type': upstreamTls, sni: 'x', common_tls_context: { alpn_protocols: ['h2', 'istio'] } },
      },
    },
  ],
  [
    'oneof with its zero value',
    {
      load_assignment: {
        cluster_name: 'one',
        endpoints: [
          { lb_endpoints: [{ endpoint: { address: { socket_address: { address: '::1', port_value: 0 } } } }] },
        ],
      },
    },
  ],
])('round trip: %s', (_, message) => {
  expect(roundTrip(message)).toEqual({ '@type': typeUrls.cluster, name: 'one', ...message });
});

test('a type that the set lacks travels as a TypedStruct; the types within stay as they are', () => {
  const type = 'type.googleapis.com/envoy.extensions.load_balancing_policies.override_host.v3.OverrideHost';
  const policy = { name: 'x', typed_config: { '@type': type, override_host_sources: [{ header: 'x-dst' }] } };
  const message = { load_balancing_policy: { policies: [{ typed_extension_config: policy }] } };
  const { sotwFrame } = encodeResource(cluster(message));
  expect(sotwFrame.includes('type.googleapis.com/xds.type.v3.TypedStruct')).toBe(true);
  expect(roundTrip(message)).toMatchObject(message);
});

test.each<[string, Message, string]>([
  [
    'unknown field',
    { altStatName: 'x' },
    'OR2001 cluster one: envoy.config.cluster.v3.Cluster has no field "altStatName"',
  ],
  [
    'unknown field, deep',
    { load_assignment: { endpoints: [{}, { prio: 1 }] } },
    'OR2001 cluster one: load_assignment.endpoints[1]: envoy.config.endpoint.v3.LocalityLbEndpoints has no field "prio"',
  ],
  [
    'unknown field in an Any',
    { transport_socket: { typed_config: { '@type': upstreamTls, snu: 'x' } } },
    'OR2001 cluster one: transport_socket.typed_config: envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext has no field "snu"',
  ],
  [
    '@type where there is no Any',
    { load_assignment: { '@type': 'a/b' } },
    'OR2001 cluster one: load_assignment: envoy.config.endpoint.v3.ClusterLoadAssignment has no field "@type"',
  ],
  [
    'enum',
    { type: 'EDSS' },
    'OR2002 cluster one: type: a name of envoy.config.cluster.v3.Cluster.DiscoveryType is wanted, not "EDSS"',
  ],
  [
    'duration',
    { connect_timeout: 5 },
    'OR2002 cluster one: connect_timeout: a duration such as "1.5s" is wanted, not 5',
  ],
  [
    'number',
    { per_connection_buffer_limit_bytes: -1 },
    'OR2002 cluster one: per_connection_buffer_limit_bytes: a number of 32 bits without a sign is wanted, not -1',
  ],
  ['list', { health_checks: {} }, 'OR2002 cluster one: health_checks: a list is wanted, not {}'],
  [
    'Any without a type',
    { transport_socket: { typed_config: { sni: 'x' } } },
    'OR2002 cluster one: transport_socket.typed_config: a type URL in "@type" is wanted, not nothing',
  ],
  [
    'oneof twice',
    { type: 'EDS', cluster_type: { name: 'x' } },
    'OR2002 cluster one: two fields of cluster_discovery_type of envoy.config.cluster.v3.Cluster are set',
  ],
])('refused: %s', (_, message, said) => {
  expect(failure(message)).toBe(said);
});

test('the version depends on content, name and aliases, not on the order of keys', () => {
  const version = (message: Message) => encodeResource(cluster(message)).version;
  expect(version({ type: 'EDS', alt_stat_name: 'a' })).toBe(version({ alt_stat_name: 'a', type: 'EDS' }));
  expect(version({ alt_stat_name: 'a' })).not.toBe(version({ alt_stat_name: 'b' }));
  expect(version({ metadata: { filter_metadata: { a: { x: 1, y: 2 } } } })).toBe(
    version({ metadata: { filter_metadata: { a: { y: 2, x: 1 } } } }),
  );
  const plain = encodeResource(cluster({}));
  expect(plain.version).toMatch(/^[0-9a-f]{16}$/);
  expect(withAliases(plain, ['a']).version).not.toBe(plain.version);
  expect(withAliases(plain, ['a'])).toBe(withAliases(plain, ['a']));
  expect(withAliases(plain, [])).toBe(plain);
});

test('one object is encoded once', () => {
  const resource = cluster({ type: 'EDS' });
  expect(encodeResource(resource)).toBe(encodeResource(resource));
});

test('the frame of a delta response is what Envoy reads', () => {
  const { deltaFrame, version } = withAliases(encodeResource(cluster({})), ['a', 'b']);
  expect(decodeMessage('envoy.service.discovery.v3.DeltaDiscoveryResponse', deltaFrame)).toEqual({
    resources: [{ version, name: 'one', aliases: ['a', 'b'], resource: { '@type': typeUrls.cluster, name: 'one' } }],
  });
});

test('what the order of a push depends on is kept', () => {
  expect(encodeResource(cluster({ type: 'STATIC', load_assignment: { cluster_name: 'one' } })).isTombstone).toBe(true);
  expect(encodeResource(cluster({ type: 'EDS' })).isTombstone).toBeUndefined();
  const route: XdsResource = { type: 'route', name: '80', message: { vhds: {} }, origins: [] };
  expect(encodeResource(route).hasVhds).toBe(true);
});
