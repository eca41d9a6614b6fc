import type { ProxyShape } from '../../ir/types/proxy.ts';
import type { TapIR } from '../../ir/types/telemetry.ts';
import { rememberedBy } from '../../model/remembered.ts';
import type { TapMatch, TapSide } from '../../model/tap.ts';
import { shareMessage } from '../encode/shared-message.ts';
import { peerMetadata } from '../filters/peer-header.ts';
import type { Message } from '../resource.ts';
import { serviceMetadata } from './cluster.ts';
import { any, duration } from './common.ts';
import { workloadMetadata } from './load-assignment.ts';

/** Of the bootstrap: the control plane, with the pod's token on each stream. */
const controlPlane = 'xds';

/**
 * Requests that somebody looks at, to the control plane by Envoy's own service for access logs. The logger stands in the listener only
 * as long as it is wanted (docs/decisions/0240). What the control plane does not read in time Envoy drops by itself, once the
 * buffer of the logger and the window of the stream are full: no request waits for it.
 */
export function tapLogs(shape: ProxyShape, side: TapSide): readonly Message[] {
  return shape.taps === undefined ? none : logsOf(shape)[side].requests;
}

/** The same of connections of TCP, where they are wanted, too: as they are opened, and when they have ended. */
export function tapConnectionLogs(shape: ProxyShape, side: TapSide): readonly Message[] {
  return shape.taps === undefined ? none : logsOf(shape)[side].connections;
}

const none: readonly Message[] = [];

interface Logs {
  readonly requests: readonly Message[];
  readonly connections: readonly Message[];
}

const logsOf = rememberedBy((shape: ProxyShape): Readonly<Record<TapSide, Logs>> => {
  const of = (side: TapSide): Logs => {
    const taps = (shape.taps ?? []).filter(({ sides }) => sides.includes(side));
    return {
      requests: taps.map((tap) => requestLogger(tap, side)),
      connections: taps.filter(({ connections }) => connections).map((tap) => connectionLogger(tap, side)),
    };
  };
  return { calls: of('calls'), served: of('served') };
});

/** The entry itself knows some methods alone. */
const method = '%REQ(:METHOD)%';

/** Who is at the other end, and by which certificates. */
const tags: Readonly<Record<TapSide, Readonly<Record<string, string>>>> = {
  calls: {
    side: 'calls',
    method,
    workload: `%UPSTREAM_METADATA(${workloadMetadata}:workload)%`,
    namespace: `%UPSTREAM_METADATA(${workloadMetadata}:namespace)%`,
    source: '%UPSTREAM_LOCAL_URI_SAN%',
    destination: '%UPSTREAM_PEER_URI_SAN%',
  },
  served: {
    side: 'served',
    method,
    workload: `%DYNAMIC_METADATA(${peerMetadata}:workload)%`,
    namespace: `%DYNAMIC_METADATA(${peerMetadata}:namespace)%`,
    source: '%DOWNSTREAM_PEER_URI_SAN%',
    destination: '%DOWNSTREAM_LOCAL_URI_SAN%',
  },
};

/** Who is called by a connection is known by its endpoint, who calls by the certificate alone. */
const connectionTags: typeof tags = {
  // The service, whichever cluster it was found by, and the port that was meant.
  calls: {
    ...without(tags.calls, ['method']),
    host: `%METADATA(CLUSTER:${serviceMetadata}:host)%`,
    port: '%DOWNSTREAM_LOCAL_PORT%',
  },
  served: without(tags.served, ['method', 'workload', 'namespace']),
};

function without(all: Readonly<Record<string, string>>, names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => !names.includes(name)));
}

function common(id: string, told: Readonly<Record<string, string>>): Message {
  return {
    common_config: {
      log_name: id,
      transport_api_version: 'V3',
      grpc_service: { envoy_grpc: { cluster_name: controlPlane } },
      buffer_flush_interval: duration(200),
      buffer_size_bytes: 16_384,
      custom_tags: Object.entries(told).map(([tag, value]) => ({ tag, value })),
    },
  };
}

function connectionLogger({ id }: TapIR, side: TapSide): Message {
  const config = any('extensions.access_loggers.grpc.v3.TcpGrpcAccessLogConfig', common(id, connectionTags[side]));
  return { name: 'envoy.access_loggers.tcp_grpc', typed_config: shareMessage(config) };
}

function requestLogger({ id, match }: TapIR, side: TapSide): Message {
  const config = any('extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig', common(id, tags[side]));
  const filters = filtersOf(match);
  const [first, second] = filters;
  return {
    name: 'envoy.access_loggers.http_grpc',
    typed_config: shareMessage(config),
    ...(first === undefined ? {} : { filter: second === undefined ? first : { and_filter: { filters } } }),
  };
}

function filtersOf({ method, path, authority, status }: TapMatch): Message[] {
  return [
    ...(method === '' ? [] : [header(':method', { exact: method })]),
    ...(path === ''
      ? []
      : [anyOf([header('x-envoy-original-path', { prefix: path }), header(':path', { prefix: path })])]),
    ...(authority === '' ? [] : [header(':authority', { exact: authority, ignore_case: true })]),
    ...(status === undefined ? [] : [code('GE', status.from), code('LE', status.to)]),
  ];
}

const header = (name: string, string_match: Message): Message => ({
  header_filter: { header: { name, string_match } },
});
const anyOf = (filters: readonly Message[]): Message => ({ or_filter: { filters } });

/** Envoy wants a name under which the value could be changed; nobody changes it. */
const code = (op: 'GE' | 'LE', default_value: number): Message => ({
  status_code_filter: { comparison: { op, value: { default_value, runtime_key: 'outrigger.tap' } } },
});
