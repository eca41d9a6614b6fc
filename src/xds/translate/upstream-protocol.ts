import type { ClusterIR, ConnectionsIR, OutlierIR, UpstreamProtocolIR, UpstreamTlsIR } from '../../ir/types/cluster.ts';
import type { Message } from '../resource.ts';
import { any, duration, given } from './common.ts';

const key = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

type Spoken = Pick<ClusterIR, 'upstream' | 'connections' | 'outlier'> & Partial<Pick<ClusterIR, 'tls'>>;

/** `typed_extension_protocol_options` of a cluster; nothing where Envoy's defaults are what is wanted. */
export function translateUpstreamProtocol({ upstream, connections, outlier, tls }: Spoken): Message {
  const common = given({
    idle_timeout: connections.idleTimeoutMs === undefined ? undefined : duration(connections.idleTimeoutMs),
    max_connection_duration: connections.maxDurationMs === undefined ? undefined : duration(connections.maxDurationMs),
    max_requests_per_connection: connections.requestsPerConnection,
  });
  const plain = Object.keys(common).length === 0;
  const more = given({ upstream_http_protocol_options: namingOf(tls), outlier_detection: errorsOf(outlier) });
  const bare = plain && Object.keys(more).length === 0;
  if (upstream === 'tcp' || (upstream === 'http' && bare)) return {};
  const options = any('extensions.upstreams.http.v3.HttpProtocolOptions', {
    ...(plain ? {} : { common_http_protocol_options: common }),
    ...more,
    ...protocolOf(upstream, connections),
  });
  return { typed_extension_protocol_options: { [key]: options } };
}

/** The answers that count as errors, where not all of 5xx do. */
function errorsOf(outlier: OutlierIR | undefined): Message | undefined {
  const [first, ...others] = (outlier?.errorCodes ?? []).map((code) => ({
    http_response_headers_match: { headers: [{ name: ':status', string_match: { exact: String(code) } }] },
  }));
  if (first === undefined) return undefined;
  return { error_matcher: others.length === 0 ? first : { or_match: { rules: [first, ...others] } } };
}

/**
 * TLS of the user's own without a name: that of the request, which the server's certificate must then have unless the rule
 * names others or asks for no check. Istio's auto_sni and auto_san_validation.
 */
function namingOf(tls: UpstreamTlsIR | undefined): Message | undefined {
  if (tls?.kind !== 'given' || tls.sni !== '') return undefined;
  const checked = tls.sans.length === 0 && (tls.caFile !== '' || tls.credential !== '');
  return { auto_sni: true, ...(checked ? { auto_san_validation: true } : {}) };
}

function protocolOf(upstream: UpstreamProtocolIR, { maxConcurrentStreams, pings }: ConnectionsIR): Message {
  const http2 = given({
    max_concurrent_streams: maxConcurrentStreams,
    connection_keepalive:
      pings &&
      given({
        interval: pings.intervalMs === undefined ? undefined : duration(pings.intervalMs),
        timeout: duration(pings.timeoutMs),
      }),
  });
  switch (upstream) {
    case 'http2':
      return { explicit_http_config: { http2_protocol_options: http2 } };
    case 'same':
      return { use_downstream_protocol_config: { http_protocol_options: {}, http2_protocol_options: http2 } };
    default:
      return { explicit_http_config: { http_protocol_options: {} } };
  }
}

/** Counted by what Istio counts; whatever Envoy would count beyond is turned off. */
export function translateOutlier(outlier: OutlierIR | undefined): Message {
  if (outlier === undefined) return {};
  const { consecutive5xx, consecutiveGateway, consecutiveLocal } = outlier;
  const enforced = (count: number | undefined) => (count === undefined ? undefined : count > 0 ? 100 : 0);
  return {
    outlier_detection: given({
      consecutive_5xx: consecutive5xx,
      enforcing_consecutive_5xx: enforced(consecutive5xx),
      consecutive_gateway_failure: consecutiveGateway,
      enforcing_consecutive_gateway_failure: enforced(consecutiveGateway),
      interval: outlier.intervalMs === undefined ? undefined : duration(outlier.intervalMs),
      base_ejection_time: outlier.baseEjectionMs === undefined ? undefined : duration(outlier.baseEjectionMs),
      max_ejection_percent: outlier.maxEjectionPercent,
      enforcing_success_rate: 0,
      ...(outlier.splitLocal
        ? given({
            split_external_local_origin_errors: true,
            consecutive_local_origin_failure: consecutiveLocal,
            enforcing_consecutive_local_origin_failure: enforced(consecutiveLocal),
            enforcing_local_origin_success_rate: 0,
          })
        : {}),
    }),
  };
}
