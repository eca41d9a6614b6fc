import type { ProxyShape } from '../../ir/types/proxy.ts';
import type { MetricChangeIR } from '../../ir/types/telemetry.ts';
import { rememberedBy } from '../../model/remembered.ts';
import { shareMessage } from '../encode/shared-message.ts';
import { type PeerFacts, peerMetadata } from '../filters/peer-header.ts';
import type { Message } from '../resource.ts';
import { serviceMetadata } from './cluster.ts';
import { any } from './common.ts';
import { workloadMetadata } from './load-assignment.ts';

/**
 * Istio's standard metrics, counted in the proxy by Envoy's stats access logger: names and labels as in
 * https://istio.io/latest/docs/reference/config/metrics/, `unknown` for what is not known and nothing for the status of
 * gRPC where there is none.
 */

/**
 * The bootstrap registers this prefix as one that the scrape takes away, so that no `envoy_` stands before the names. Each
 * chain of a listener is bounded: what labels of callers make beyond it is dropped, and counted in
 * `envoy_server_stats_overflow_counter` and `_histogram`. One bound for all (`sharing_name`) makes Envoy 1.40 crash at the
 * end of `--mode validate`.
 */
const scope: Message = { prefix: 'wasmcustom', max_counters: 2000, max_histograms: 6000 };

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

interface Operator {
  readonly command: string;
  readonly param?: string;
}

/** The first that is there. */
const firstOf = (...operators: readonly Operator[]) => `%COALESCE(${JSON.stringify({ operators })})%`;
const unknown: Operator = { command: 'CEL', param: "'unknown'" };
const orUnknown = (command: string, param?: string) =>
  firstOf({ command, ...(param === undefined ? {} : { param }) }, unknown);

const upstreamWorkload = (key: string) => orUnknown('UPSTREAM_METADATA', `${workloadMetadata}:${key}`);
const serviceKey = (key: string): Operator => ({ command: 'METADATA', param: `CLUSTER:${serviceMetadata}:${key}` });
const upstreamService = (key: string) => firstOf(serviceKey(key), unknown);
/** What is refused has no cluster, only the route that refuses it. */
const calledName = firstOf(serviceKey('name'), {
  command: 'CEL',
  param: "xds.route_name == 'block_all' ? 'BlackHoleCluster' : 'unknown'",
});
/** A request that no service of the mesh is meant by is told by whom it asks for, as in Istio. */
const calledHost = firstOf(serviceKey('host'), { command: 'REQ', param: ':AUTHORITY' }, unknown);

/**
 * Whom strangers ask for is not told: each name that they think of would be series of its own, until the bound is reached and no
 * others are counted. Istio's gateways fall back to no header either.
 */
const callsOfStrangers = { service: upstreamService('host'), name: upstreamService('name') };

function callTags(shape: ProxyShape, { service, name }: { service: string; name: string }): Tag[] {
  return [
    tag('reporter', 'source'),
    ...ownTags('source', shape),
    tag('source_principal', orUnknown('UPSTREAM_LOCAL_URI_SAN')),
    tag('destination_workload', upstreamWorkload('workload')),
    tag('destination_workload_namespace', upstreamWorkload('namespace')),
    tag('destination_app', upstreamWorkload('app')),
    tag('destination_version', upstreamWorkload('version')),
    tag('destination_canonical_service', upstreamWorkload('canonicalService')),
    tag('destination_canonical_revision', upstreamWorkload('canonicalRevision')),
    fixed('destination_cluster', shape.cluster),
    tag('destination_principal', orUnknown('UPSTREAM_PEER_URI_SAN')),
    tag('destination_service', service),
    tag('destination_service_name', name),
    tag('destination_service_namespace', upstreamService('namespace')),
    tag('connection_security_policy', 'unknown'),
  ];
}

/** Labels of a source, and what of the peer they show. */
const peerLabels: readonly (readonly [label: string, part: keyof PeerFacts])[] = [
  ['workload', 'workload'],
  ['workload_namespace', 'namespace'],
  ['app', 'app'],
  ['version', 'version'],
  ['canonical_service', 'canonicalService'],
  ['canonical_revision', 'canonicalRevision'],
  ['cluster', 'cluster'],
];

/** What a peer says of itself counts behind mutual TLS, and is a header: of a connection only its certificate is known. */
function servedTags(shape: ProxyShape, mutual: boolean, told: boolean): Tag[] {
  const peer = (key: string) => (told ? orUnknown('DYNAMIC_METADATA', `${peerMetadata}:${key}`) : 'unknown');
  const san = (command: string) => (mutual ? orUnknown(command) : 'unknown');
  return [
    tag('reporter', 'destination'),
    ...peerLabels.map(([label, key]) => tag(`source_${label}`, peer(key))),
    tag('source_principal', san('DOWNSTREAM_PEER_URI_SAN')),
    ...ownTags('destination', shape),
    tag('destination_principal', san('DOWNSTREAM_LOCAL_URI_SAN')),
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
  const changes = shape.telemetry.served.metrics;
  const plain = servedTags(shape, false, false);
  return {
    call: requestStats(callTags(shape, { service: calledHost, name: calledName }), shape.telemetry.calls.metrics),
    served: { mutual: requestStats(servedTags(shape, true, true), changes), plain: requestStats(plain, changes) },
    connection: tcpStats(
      callTags(shape, { service: upstreamService('host'), name: upstreamService('name') }),
      shape.telemetry.calls.metrics,
    ),
    servedConnection: {
      mutual: tcpStats(servedTags(shape, true, false), changes),
      plain: tcpStats(plain, changes),
    },
  };
});

export function callStats(shape: ProxyShape): Message[] {
  return loggersOf(shape).call;
}

const gatewayStatsOf = rememberedBy((shape: ProxyShape) =>
  requestStats(callTags(shape, callsOfStrangers), shape.telemetry.calls.metrics),
);

/** What a gateway sends on. */
export function gatewayStats(shape: ProxyShape): Message[] {
  return gatewayStatsOf(shape);
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
  const message = { stats_scope: scope, ...config };
  return { name: 'envoy.access_loggers.stats', typed_config: shareMessage(any(loggerType, message)) };
}

/** The metric as Telemetry resources change it; nothing where it is off. */
function changed(metric: string, tags: readonly Tag[], changes: readonly MetricChangeIR[]): Message[] {
  const change = changes.find((candidate) => candidate.metric === metric);
  if (change?.disabled === true) return [];
  const name = `istio_${metric}`;
  if (change === undefined || change.tags.length === 0) return [{ name, tags }];
  const told = new Map(change.tags.map(({ name, value }) => [name, value]));
  const set = (name: string, value: string | undefined) => (value === undefined ? [] : [tag(name, `%CEL(${value})%`)]);
  const own = new Set(tags.map(({ name }) => name));
  const kept = tags.flatMap((known) => (told.has(known.name) ? set(known.name, told.get(known.name)) : [known]));
  const added = change.tags.filter(({ name }) => !own.has(name)).flatMap(({ name, value }) => set(name, value));
  return [{ name, tags: [...kept, ...added] }];
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
  return [logger({ counters, histograms })];
}

/** Bytes are those of the whole connection, so they count at its end and never in between. */
function tcpStats(tags: readonly Tag[], changes: readonly MetricChangeIR[]): Message[] {
  const all = [...tags, tag('request_protocol', 'tcp'), tag('response_flags', '%RESPONSE_FLAGS%')];
  const counter = (name: string, value: Message) => changed(name, all, changes).map((stat) => ({ stat, ...value }));
  const at = (type: string, counters: readonly Message[]): Message[] =>
    counters.length === 0 ? [] : [{ ...logger({ counters }), filter: { log_type_filter: { types: [type] } } }];
  return [
    ...at('TcpUpstreamConnected', counter('tcp_connections_opened_total', { value_fixed: 1 })),
    ...at('TcpConnectionEnd', [
      ...counter('tcp_connections_closed_total', { value_fixed: 1 }),
      ...counter('tcp_sent_bytes_total', { value_format: '%BYTES_SENT%' }),
      ...counter('tcp_received_bytes_total', { value_format: '%BYTES_RECEIVED%' }),
    ]),
  ];
}
