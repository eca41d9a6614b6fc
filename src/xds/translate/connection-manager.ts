import type { TracingIR } from '../../ir/types/telemetry.ts';
import type { PathNormalization } from '../../model/mesh-settings.ts';
import { routerFilter } from '../filters/router.ts';
import type { Message } from '../resource.ts';
import { duration, extension, fromAds } from './common.ts';
import { translateTracing } from './tracing.ts';

/** Envoy decodes first, then resolves dots, then merges. */
const base: Message = { normalize_path: true, path_with_escaped_slashes_action: 'KEEP_UNCHANGED' };
const normalizations: Readonly<Record<PathNormalization, Message>> = {
  NONE: { normalize_path: false, path_with_escaped_slashes_action: 'KEEP_UNCHANGED' },
  BASE: base,
  MERGE_SLASHES: { ...base, merge_slashes: true },
  DECODE_AND_MERGE_SLASHES: {
    ...{ normalize_path: true, path_with_escaped_slashes_action: 'UNESCAPE_AND_FORWARD' },
    merge_slashes: true,
  },
};

/** What tells one HTTP connection manager from another. */
export interface HttpParts {
  /** Ends with `;`: Istio's statistics are parsed up to it. */
  readonly statPrefix: string;
  /** The name of a route configuration that is asked for, or one in full. */
  readonly routes: string | Message;
  /** Before the router, in order. */
  readonly filters: readonly Message[];
  readonly accessLogs: readonly Message[];
  readonly tracing: TracingIR;
  readonly normalization: PathNormalization;
  /** Fields that only one direction has. */
  readonly more: Message;
}

export function httpConnectionManager(parts: HttpParts): Message {
  const { routes } = parts;
  return extension(
    'envoy.filters.network.http_connection_manager',
    'extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    {
      stat_prefix: parts.statPrefix,
      ...(typeof routes === 'string'
        ? { rds: { config_source: fromAds, route_config_name: routes } }
        : { route_config: routes }),
      http_filters: [...parts.filters, routerFilter],
      access_log: parts.accessLogs,
      server_name: 'istio-envoy',
      use_remote_address: false,
      ...normalizations[parts.normalization],
      upgrade_configs: [{ upgrade_type: 'websocket' }],
      stream_idle_timeout: '0s',
      proxy_100_continue: true,
      ...translateTracing(parts.tracing),
      ...parts.more,
    },
  );
}

/**
 * Bounds how long a request waits for its virtual host; `lasting` on every route that forwards lifts it. A
 * `max_stream_duration` would do the same, but a route that lifts that one loses its `timeout` (Envoy 1.40).
 */
export const boundedWait: Message = { stream_idle_timeout: duration(1500) };
export const lasting: Message = { idle_timeout: '0s' };

/** Connections are counted when they begin, too. */
const whenConnected: Message = { flush_access_log_on_connected: true };

export interface TcpParts {
  readonly statPrefix: string;
  readonly destinations: readonly { readonly cluster: string; readonly weight: number }[];
  readonly accessLogs: readonly Message[];
  readonly more: Message;
}

export function tcpProxy({ statPrefix, destinations, accessLogs, more }: TcpParts): Message {
  const [first, second] = destinations;
  const target =
    second === undefined
      ? { cluster: first?.cluster ?? 'BlackHoleCluster' }
      : { weighted_clusters: { clusters: destinations.map(({ cluster, weight }) => ({ name: cluster, weight })) } };
  return extension('envoy.filters.network.tcp_proxy', 'extensions.filters.network.tcp_proxy.v3.TcpProxy', {
    stat_prefix: statPrefix,
    ...target,
    ...(accessLogs.length === 0 ? {} : { access_log: accessLogs, access_log_options: whenConnected }),
    ...more,
  });
}
