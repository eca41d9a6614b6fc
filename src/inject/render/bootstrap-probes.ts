import type { Json, JsonObject } from '../../model/json.ts';
import { escapeVariables } from '../../model/kubelet-variables.ts';
import type { AppProbe } from './bootstrap-input.ts';

/** How the proxy reaches the app of its own pod. */
export interface AppAccess {
  /** Traffic is captured: connections to the app come from 127.0.0.6 or ::6, which the rules let pass. */
  readonly captured: boolean;
}

type HttpProbe = AppProbe & { readonly http: NonNullable<AppProbe['http']> };

export function isHttp(probe: AppProbe): probe is HttpProbe {
  return probe.kind === 'http' && probe.http !== undefined;
}

/** One route a HTTP probe: live to the app, its answer back. The Lua filter of the listener reads the metadata. */
export function buildProbeRoute(probe: HttpProbe): JsonObject {
  const path = requestPath(probe.http.path);
  return {
    match: { path: escapeVariables(probe.path) },
    route: {
      cluster: appClusterName(probe.port, probe.http.https),
      prefix_rewrite: path,
      ...timeouts(probe),
    },
    // Envoy would tell the app "http" even where it speaks TLS to it, and a kubelet says nothing.
    request_headers_to_remove: ['x-forwarded-proto'],
    metadata: luaMetadata({
      kind: 'probe',
      port: probe.port,
      tls: probe.http.https,
      path,
      timeout: isHook(probe) ? 3_600_000 : probe.timeoutSeconds * 1000,
      ...(probe.http.host === undefined ? {} : { host: escapeVariables(probe.http.host) }),
    }),
  };
}

/** A kubelet waits for a hook as long as the hook takes, or the grace period. */
function timeouts(probe: AppProbe): JsonObject {
  return isHook(probe) ? { timeout: '0s', idle_timeout: '0s' } : { timeout: `${probe.timeoutSeconds}s` };
}

function isHook(probe: AppProbe): boolean {
  return probe.periodSeconds === 0;
}

export function luaMetadata(values: JsonObject): JsonObject {
  return { filter_metadata: { 'envoy.filters.http.lua': values } };
}

/**
 * A path of a probe as the kubelet requests it: parsed as a URL reference, so a fragment goes, what may not stand
 * in a request line is percent-encoded, and a missing slash is added.
 */
export function requestPath(path: string): string {
  const reference = (path.split('#')[0] ?? '').replace(/[^\x21-\x7e]|["<>\\^`{|}]/gu, encode);
  return escapeVariables(reference.startsWith('/') ? reference : `/${reference}`);
}

function encode(character: string): string {
  return Array.from(Buffer.from(character), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}

export function appClusterName(port: number, https: boolean): string {
  return `app-${https ? 'https' : 'http'}-${port}`;
}

/** A cluster for the app's HTTP port. Each request has its own connection, as the kubelet's have. */
export function buildHttpCluster(port: number, access: AppAccess & { readonly https: boolean }): JsonObject {
  const name = appClusterName(port, access.https);
  return { ...appCluster(name, port, access), ...oneRequestEach, ...(access.https ? { transport_socket: tls } : {}) };
}

/** Where redirects of HTTP probes lead: any port of the pod's own address, which the Lua filter names in a header. */
export function buildRedirectClusters(access: AppAccess): JsonObject[] {
  return [false, true].map((https) => ({
    name: `redirect-${https ? 'https' : 'http'}`,
    type: 'ORIGINAL_DST',
    lb_policy: 'CLUSTER_PROVIDED',
    connect_timeout: '5s',
    original_dst_lb_config: { use_http_header: true, http_header_name: 'x-outrigger-redirect' },
    ...sourceOf(access),
    ...oneRequestEach,
    ...(https ? { transport_socket: tls } : {}),
  }));
}

/** Kubelets do not verify certificates of probes. */
const tls: JsonObject = {
  name: 'envoy.transport_sockets.tls',
  typed_config: {
    '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
    common_tls_context: {},
  },
};

const oneRequestEach: JsonObject = {
  typed_extension_protocol_options: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      common_http_protocol_options: { max_requests_per_connection: 1 },
      explicit_http_config: { http_protocol_options: {} },
    },
  },
};

/** TCP and gRPC cannot be forwarded as HTTP: a cluster is checked actively, and a filter answers for it. */
export function buildCheckedCluster(probe: AppProbe, access: AppAccess): JsonObject {
  const interval = `${checkInterval(probe)}s`;
  const check: Json =
    probe.kind === 'grpc'
      ? {
          grpc_health_check: {
            service_name: escapeVariables(probe.grpcService ?? ''),
            authority: `localhost:${probe.port}`,
          },
        }
      : { tcp_health_check: {} };
  return {
    ...appCluster(checkedName(probe), probe.port, access),
    ...(probe.kind === 'grpc' ? http2 : {}),
    common_lb_config: { healthy_panic_threshold: { value: 0 } },
    health_checks: [
      {
        timeout: `${probe.timeoutSeconds}s`,
        interval,
        // Without these the default of 60 s holds, as no request ever goes to this cluster.
        no_traffic_interval: interval,
        no_traffic_healthy_interval: interval,
        unhealthy_interval: interval,
        unhealthy_edge_interval: interval,
        healthy_edge_interval: interval,
        unhealthy_threshold: 1,
        healthy_threshold: 1,
        reuse_connection: false,
        ...check,
      },
    ],
  };
}

const http2: JsonObject = {
  typed_extension_protocol_options: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      explicit_http_config: { http2_protocol_options: {} },
    },
  },
};

export function buildCheckFilter(probe: AppProbe): JsonObject {
  return {
    name: 'envoy.filters.http.health_check',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.health_check.v3.HealthCheck',
      pass_through_mode: false,
      cluster_min_healthy_percentages: { [checkedName(probe)]: { value: 100 } },
      headers: [{ name: ':path', string_match: { exact: escapeVariables(probe.path) } }],
    },
  };
}

/** Half the probe's period, so that an answer is at most that old; 1 s for hooks, which are asked once. */
function checkInterval(probe: AppProbe): number {
  return isHook(probe) ? 1 : probe.periodSeconds / 2;
}

function checkedName(probe: AppProbe): string {
  return `check ${escapeVariables(probe.path)}`;
}

function appCluster(name: string, port: number, access: AppAccess): JsonObject {
  const address = { socket_address: { address: '$(INSTANCE_IP)', port_value: port } };
  return {
    name,
    type: 'STATIC',
    connect_timeout: '5s',
    ...sourceOf(access),
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] },
  };
}

function sourceOf(access: AppAccess): JsonObject {
  if (!access.captured) return {};
  return {
    upstream_bind_config: {
      source_address: { address: '127.0.0.6', port_value: 0 },
      extra_source_addresses: [{ address: { address: '::6', port_value: 0 } }],
    },
  };
}
