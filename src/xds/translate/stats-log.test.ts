import { expect, test } from 'vitest';
import type { ProxyShape } from '../../ir/types/proxy.ts';
import type { TelemetrySideIR } from '../../ir/types/telemetry.ts';
import { callStats, connectionStats, gatewayStats, servedConnectionStats, servedStats } from './stats-log.ts';

const side: TelemetrySideIR = {
  accessLogs: [],
  metrics: [],
  tracing: { sampling: 1, byRequestId: true, propagates: true, tags: [] },
};
const shape: ProxyShape = {
  ...{ workload: 'w', namespace: 'n', app: 'a', version: '100%', canonicalService: 'c', canonicalRevision: 'r' },
  ...{ cluster: 'k', interception: 'REDIRECT', families: [4] },
  telemetry: { calls: side, served: side, collectors: [], origins: [] },
  pathNormalization: 'BASE',
  protocolDetectionTimeoutMs: 0,
};

/** https://istio.io/latest/docs/reference/config/metrics/ */
const common = [
  'connection_security_policy',
  ...['source', 'destination'].flatMap((side) =>
    [
      'app',
      'canonical_revision',
      'canonical_service',
      'cluster',
      'principal',
      'version',
      'workload',
      'workload_namespace',
    ].map((name) => `${side}_${name}`),
  ),
  ...[
    'destination_service',
    'destination_service_name',
    'destination_service_namespace',
    'reporter',
    'request_protocol',
  ],
  'response_flags',
].sort();
const ofRequests = [...common, 'grpc_response_status', 'response_code'].sort();

interface Stat {
  readonly stat: {
    readonly name: string;
    readonly tags: readonly { readonly name: string; readonly value_format: string }[];
  };
}

function statsOf(logger: unknown): Stat[] {
  const { typed_config: config } = logger as { typed_config: { counters?: Stat[]; histograms?: Stat[] } };
  return [...(config.counters ?? []), ...(config.histograms ?? [])];
}
const labelsOf = ({ stat }: Stat) => stat.tags.map(({ name }) => name).sort();

test.each([
  ['source', callStats(shape)],
  ['source (gateway)', gatewayStats(shape)],
  ['destination', servedStats(shape, true)],
])('requests, reporter %s: the names and labels of Istio', (_, loggers) => {
  const stats = loggers.flatMap(statsOf);
  expect(stats.map(({ stat }) => stat.name)).toEqual([
    ...['requests_total', 'request_duration_milliseconds', 'request_bytes', 'response_bytes'].map(
      (name) => `istio_${name}`,
    ),
  ]);
  for (const stat of stats) expect(labelsOf(stat)).toEqual(ofRequests);
});

test.each([
  ['source', connectionStats(shape)],
  ['destination', servedConnectionStats(shape, false)],
])('connections, reporter %s: the names and labels of Istio', (_, loggers) => {
  const stats = loggers.flatMap(statsOf);
  expect(stats.map(({ stat }) => stat.name)).toEqual([
    ...[
      'istio_tcp_connections_opened_total',
      'istio_tcp_connections_closed_total',
      'istio_tcp_sent_bytes_total',
      'istio_tcp_received_bytes_total',
    ],
  ]);
  for (const stat of stats) expect(labelsOf(stat)).toEqual(common);
});

test('what a workload is called is never read as a command, and only mutual TLS is called so', () => {
  const tag = (loggers: readonly unknown[], wanted: string) =>
    loggers.flatMap(statsOf)[0]?.stat.tags.find(({ name }) => name === wanted)?.value_format;
  expect(tag(callStats(shape), 'source_version')).toBe('100%%');
  expect(tag(servedStats(shape, true), 'connection_security_policy')).toBe('mutual_tls');
  expect(tag(servedStats(shape, false), 'connection_security_policy')).toBe('none');
});

test('what is not known is called so, nobody is believed without mutual TLS, and all is bounded', () => {
  const tag = (loggers: readonly unknown[], wanted: string) =>
    loggers.flatMap(statsOf)[0]?.stat.tags.find(({ name }) => name === wanted)?.value_format;
  const lastOf = (text = '') => JSON.parse(text.slice('%COALESCE('.length, -')%'.length)).operators.at(-1);
  const unknown = { command: 'CEL', param: "'unknown'" };
  expect(lastOf(tag(callStats(shape), 'destination_workload'))).toEqual(unknown);
  expect(lastOf(tag(callStats(shape), 'destination_principal'))).toEqual(unknown);
  expect(tag(callStats(shape), 'destination_service')).toContain(':AUTHORITY');
  expect(tag(connectionStats(shape), 'destination_service')).not.toContain(':AUTHORITY');
  // Strangers choose the host of a gateway.
  expect(JSON.stringify(gatewayStats(shape))).not.toContain(':AUTHORITY');
  expect(tag(servedStats(shape, true), 'source_workload')).toContain('DYNAMIC_METADATA');
  for (const label of ['source_workload', 'source_principal', 'destination_principal'])
    expect(tag(servedStats(shape, false), label)).toBe('unknown');
  // What a peer says of itself is a header: there is none on a connection.
  expect(tag(servedConnectionStats(shape, true), 'source_workload')).toBe('unknown');
  expect(tag(servedConnectionStats(shape, true), 'source_principal')).toContain('DOWNSTREAM_PEER_URI_SAN');
  for (const logger of callStats(shape))
    expect(logger).toMatchObject({ typed_config: { stats_scope: { prefix: 'wasmcustom', max_counters: 2000 } } });
});

test('changes: a tag is set in its place or added, left out, and a metric is off', () => {
  const metrics = [
    { metric: 'request_bytes', disabled: true, tags: [] },
    {
      metric: 'requests_total',
      disabled: false,
      tags: [{ name: 'host', value: 'request.host' }, { name: 'reporter', value: '"x"' }, { name: 'source_app' }],
    },
  ];
  const changed = { ...shape, telemetry: { ...shape.telemetry, calls: { ...side, metrics } } };
  const stats = callStats(changed).flatMap(statsOf);
  expect(stats.map(({ stat }) => stat.name)).toEqual([
    ...['istio_requests_total', 'istio_request_duration_milliseconds', 'istio_response_bytes'],
  ]);
  const tags = stats[0]?.stat.tags ?? [];
  expect(tags[0]).toEqual({ name: 'reporter', value_format: '%CEL("x")%' });
  expect(tags.at(-1)).toEqual({ name: 'host', value_format: '%CEL(request.host)%' });
  expect(tags.map(({ name }) => name)).not.toContain('source_app');
  expect(stats[1]?.stat.tags.map(({ name }) => name)).toContain('source_app');
  // The other side is as it was, and a proxy that counts nothing has no logger.
  expect(servedStats(changed, true).flatMap(statsOf)).toHaveLength(4);
  const all = ['opened', 'closed'].map((word) => `tcp_connections_${word}_total`);
  const off = [...all, 'tcp_sent_bytes_total', 'tcp_received_bytes_total'].map((metric) => ({
    ...{ metric, disabled: true, tags: [] },
  }));
  expect(connectionStats({ ...shape, telemetry: { ...shape.telemetry, calls: { ...side, metrics: off } } })).toEqual(
    [],
  );
});
