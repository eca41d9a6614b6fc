import type { ProxyShape } from '../../ir/types/proxy.ts';
import type { MetricChangeIR } from '../../ir/types/telemetry.ts';
import { rememberedBy } from '../../model/remembered.ts';
import { shareMessage } from '../encode/shared-message.ts';
import { peerMetadata } from '../filters/peer-header.ts';
import type { Message } from '../resource.ts';
import { serviceMetadata } from './cluster.ts';
import { any } from './common.ts';
import { workloadMetadata } from './load-assignment.ts';

/**
 * Istio's standard metrics, counted in the proxy by Envoy's stats access logger: names and labels as in
 * https://istio.io/latest/docs/reference/config/metrics/. What is not known prints as `-`. The prefix makes them
 * `istio_requests_total` and so on.
 */

type Tag = { readonly name: string; readonly value_format: string };
const tag = (name: string, value: string): Tag => ({ name, value_format: value });

/** Percent signs of a fixed value would be read as commands. */
const fixed = (name: string, value: string): Tag => tag(name, value.replaceAll('%', '%%'));

function ownTags(side: 'source' | 'destination', shape: ProxyShape): Tag[] {
  return [
    fixed(`${side}_workload`, shape.workload),
    fixed(`${side}_workload_namespace`, shape.namespace),
    fixed(`${side}_app`, shape.app),
    fixed(`${side}_version`, shape.version),
    fixed(`${side}_canonical_service`, shape.canonicalService),
    fixed(`${side}_canonical_revision`, shape.canonicalRevision),
    fixed(`${side}_cluster`, shape.cluster),
  ];
}

const upstreamWorkload = (key: string) => `%UPSTREAM_METADATA(${workloadMetadata}:${key})%`;
const upstreamService = (key: string) => `%METADATA(CLUSTER:${serviceMetadata}:${key})%`;

function callTags(shape: ProxyShape): Tag[] {
  return [
    tag('reporter', 'source'),
    ...ownTags('source', shape),
    tag('source_principal', '%UPSTREAM_LOCAL_URI_SAN%'),
    tag('destination_workload', upstreamWorkload('workload')),
    tag('destination_workload_namespace', upstreamWorkload('namespace')),
    tag('destination_app', upstreamWorkload('app')),
    tag('destination_version', upstreamWorkload('version')),
    tag('destination_canonical_service', upstreamWorkload('canonicalService')),
    tag('destination_canonical_revision', upstreamWorkload('canonicalRevision')),
    fixed('destination_cluster', shape.cluster),
    tag('destination_principal', '%UPSTREAM_PEER_URI_SAN%'),
    tag('destination_service', upstreamService('host')),
    tag('destination_service_name', upstreamService('name')),
    tag('destination_service_namespace', upstreamService('namespace')),
    tag('connection_security_policy', 'unknown'),
  ];
}

const peer = (key: string) => `%DYNAMIC_METADATA(${peerMetadata}:${key})%`;

function servedTags(shape: ProxyShape, mutual: boolean): Tag[] {
  return [
    tag('reporter', 'destination'),
    tag('source_workload', peer('workload')),
    tag('source_workload_namespace', peer('namespace')),
    tag('source_app', peer('app')),
    tag('source_version', peer('version')),
    tag('source_canonical_service', peer('canonicalService')),
    tag('source_canonical_revision', peer('canonicalRevision')),
    tag('source_cluster', peer('cluster')),
    tag('source_principal', '%DOWNSTREAM_PEER_URI_SAN%'),
    ...ownTags('destination', shape),
    tag('destination_principal', '%DOWNSTREAM_LOCAL_URI_SAN%'),
    tag('destination_service', upstreamService('host')),
    tag('destination_service_name', upstreamService('name')),
    tag('destination_service_namespace', upstreamService('namespace')),
    tag('connection_security_policy', mutual ? 'mutual_tls' : 'none'),
  ];
}

const requestTags: readonly Tag[] = [
  tag(
    'request_protocol',
    "%CEL('content-type' in request.headers && request.headers['content-type'].startsWith('application/grpc') ? 'grpc' : 'http')%",
  ),
  tag('response_code', '%RESPONSE_CODE%'),
  tag('response_flags', '%RESPONSE_FLAGS%'),
  tag('grpc_response_status', '%GRPC_STATUS_NUMBER%'),
];

/** One object for each shape, as each chain of a proxy holds it. */
interface Loggers {
  readonly call: Message[];
  readonly served: { readonly mutual: Message[]; readonly plain: Message[] };
  readonly connection: Message[];
  readonly servedConnection: { readonly mutual: Message[]; readonly plain: Message[] };
}

const loggersOf = rememberedBy((shape: ProxyShape): Loggers => {
  const [calls, mutual, plain] = [callTags(shape), servedTags(shape, true), servedTags(shape, false)];
  const changes = shape.telemetry.served.metrics;
  return {
    call: requestStats(calls, shape.telemetry.calls.metrics),
    served: { mutual: requestStats(mutual, changes), plain: requestStats(plain, changes) },
    connection: tcpStats(calls, shape.telemetry.calls.metrics),
    servedConnection: { mutual: tcpStats(mutual, changes), plain: tcpStats(plain, changes) },
  };
});

export function callStats(shape: ProxyShape): Message[] {
  return loggersOf(shape).call;
}

export function servedStats(shape: ProxyShape, mutual: boolean): Message[] {
  return loggersOf(shape).served[mutual ? 'mutual' : 'plain'];
}

export function connectionStats(shape: ProxyShape): Message[] {
  return loggersOf(shape).connection;
}

export function servedConnectionStats(shape: ProxyShape, mutual: boolean): Message[] {
  return loggersOf(shape).servedConnection[mutual ? 'mutual' : 'plain'];
}

const loggerType = 'extensions.access_loggers.stats.v3.Config';

function logger(config: Message): Message {
  return { name: 'envoy.access_loggers.stats', typed_config: shareMessage(any(loggerType, config)) };
}

/** The metric as Telemetry resources change it; nothing where it is off. */
function changed(metric: string, tags: readonly Tag[], changes: readonly MetricChangeIR[]): Message[] {
  const change = changes.find((candidate) => candidate.metric === metric);
  if (change?.disabled === true) return [];
  if (change === undefined || change.tags.length === 0) return [{ name: metric, tags }];
  const told = new Map(change.tags.map(({ name, value }) => [name, value]));
  const set = (name: string, value: string | undefined) => (value === undefined ? [] : [tag(name, `%CEL(${value})%`)]);
  const own = new Set(tags.map(({ name }) => name));
  const kept = tags.flatMap((known) => (told.has(known.name) ? set(known.name, told.get(known.name)) : [known]));
  const added = change.tags.filter(({ name }) => !own.has(name)).flatMap(({ name, value }) => set(name, value));
  return [{ name: metric, tags: [...kept, ...added] }];
}

function requestStats(tags: readonly Tag[], changes: readonly MetricChangeIR[]): Message[] {
  const all = [...tags, ...requestTags];
  const counters = changed('requests_total', all, changes).map((stat) => ({ stat, value_fixed: 1 }));
  const histogram = (name: string, unit: string, value_format: string) =>
    changed(name, all, changes).map((stat) => ({ stat, unit, value_format }));
  const histograms = [
    ...histogram('request_duration_milliseconds', 'Milliseconds', '%DURATION%'),
    ...histogram('request_bytes', 'Bytes', '%BYTES_RECEIVED%'),
    ...histogram('response_bytes', 'Bytes', '%BYTES_SENT%'),
  ];
  if (counters.length + histograms.length === 0) return [];
  return [logger({ stat_prefix: 'istio', counters, histograms })];
}

/** Bytes are those of the whole connection, so they count at its end and never in between. */
function tcpStats(tags: readonly Tag[], changes: readonly MetricChangeIR[]): Message[] {
  const all = [...tags, tag('request_protocol', 'tcp'), tag('response_flags', '%RESPONSE_FLAGS%')];
  const counter = (name: string, value: Message) => changed(name, all, changes).map((stat) => ({ stat, ...value }));
  const at = (type: string, counters: readonly Message[]): Message[] =>
    counters.length === 0
      ? []
      : [{ ...logger({ stat_prefix: 'istio', counters }), filter: { log_type_filter: { types: [type] } } }];
  return [
    ...at('TcpUpstreamConnected', counter('tcp_connections_opened_total', { value_fixed: 1 })),
    ...at('TcpConnectionEnd', [
      ...counter('tcp_connections_closed_total', { value_fixed: 1 }),
      ...counter('tcp_sent_bytes_total', { value_format: '%BYTES_SENT%' }),
      ...counter('tcp_received_bytes_total', { value_format: '%BYTES_RECEIVED%' }),
    ]),
  ];
}
