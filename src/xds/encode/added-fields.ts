import type { Descriptors } from './descriptors.ts';

const matcher = 'envoy.config.common.matcher.v3.MatchPredicate';
const http = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

/**
 * Fields of Envoy 1.40 that we use and that the shipped messages, which are older, lack; numbers as the descriptors in
 * Envoy's own binary have them.
 */
export const addedFields: Descriptors['messages'] = {
  'envoy.config.cluster.v3.CircuitBreakers.Thresholds.RetryBudget': {
    budget_interval: { id: 3, type: 'google.protobuf.Duration' },
  },
  'envoy.type.tracing.v3.CustomTag': { value: { id: 6, type: 'string', oneof: 'type' } },
  [http]: { outlier_detection: { id: 8, type: `${http}.OutlierDetection` } },
  [`${http}.OutlierDetection`]: { error_matcher: { id: 1, type: matcher } },
};
