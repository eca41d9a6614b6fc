import { bootstrapFields } from './added-bootstrap-fields.ts';
import type { Descriptors } from './descriptors.ts';

const matcher = 'envoy.config.common.matcher.v3.MatchPredicate';
const http = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
const rateLimit = 'envoy.config.route.v3.RateLimit';
const rateLimits = { id: 17, type: rateLimit, repeated: 'each' } as const;
const tcpProxy = 'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy';
const connectMode = 'envoy.extensions.filters.network.tcp_proxy.v3.UpstreamConnectMode';
const tracing = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.Tracing';
const retryAfter = { id: 19, type: 'bool' } as const;

/**
 * Fields of Envoy 1.40 that we use and that the shipped messages, which are older, lack; numbers as the descriptors in
 * Envoy's own binary have them.
 */
export const addedFields: Descriptors['messages'] = {
  ...bootstrapFields,
  'envoy.config.cluster.v3.CircuitBreakers.Thresholds.RetryBudget': {
    budget_interval: { id: 3, type: 'google.protobuf.Duration' },
  },
  [tcpProxy]: {
    upstream_connect_mode: { id: 21, type: connectMode },
    max_early_data_bytes: { id: 22, type: 'google.protobuf.UInt32Value' },
  },
  [tracing]: { no_context_propagation: { id: 13, type: 'bool' } },
  'envoy.type.tracing.v3.CustomTag': { value: { id: 6, type: 'string', oneof: 'type' } },
  [http]: { outlier_detection: { id: 8, type: `${http}.OutlierDetection` } },
  [`${http}.OutlierDetection`]: { error_matcher: { id: 1, type: matcher } },
  'envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit': {
    rate_limits: rateLimits,
    max_dynamic_descriptors: { id: 18, type: 'google.protobuf.UInt32Value' },
    enable_retry_after_header: retryAfter,
  },
  'envoy.extensions.filters.http.ratelimit.v3.RateLimit': {
    rate_limits: rateLimits,
    enable_retry_after_header: retryAfter,
  },
  [rateLimit]: {
    hits_addend: { id: 5, type: `${rateLimit}.HitsAddend` },
    x_ratelimit_option: { id: 7, type: `${rateLimit}.XRateLimitOption` },
  },
  [`${rateLimit}.HitsAddend`]: { number: { id: 1, type: 'google.protobuf.UInt64Value' } },
  [`${rateLimit}.Override`]: {
    rate_limit: { id: 2, type: `${rateLimit}.Override.RateLimitOverride`, oneof: 'override_specifier' },
  },
  [`${rateLimit}.Override.RateLimitOverride`]: {
    requests_per_unit: { id: 1, type: 'uint32' },
    unit: { id: 2, type: 'envoy.type.v3.RateLimitUnit' },
  },
};

export const addedEnums: Descriptors['enums'] = {
  [connectMode]: { IMMEDIATE: 0, ON_DOWNSTREAM_DATA: 1, ON_DOWNSTREAM_TLS_HANDSHAKE: 2 },
  [`${rateLimit}.XRateLimitOption`]: { UNSPECIFIED: 0, OFF: 1, DRAFT_VERSION_03: 2 },
};
