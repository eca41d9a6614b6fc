import type { Descriptors } from './descriptors.ts';

const bootstrap = 'envoy.config.bootstrap.v3';
const openTelemetry = 'envoy.extensions.stat_sinks.open_telemetry.v3';
const metrics = 'envoy.config.metrics.v3';
const inMilliseconds = 'scale_histogram_units_to_milliseconds';

/** What bootstraps of Envoy 1.40 have, and EnvoyFilters may merge into them, beyond the shipped messages: see `addedFields`. */
export const bootstrapFields: Descriptors['messages'] = {
  [`${bootstrap}.Bootstrap`]: {
    stats_eviction_interval: { id: 42, type: 'google.protobuf.Duration', oneof: 'stats_eviction' },
    enable_worker_cpu_affinity: { id: 43, type: 'bool' },
  },
  [`${bootstrap}.Admin`]: { allow_paths: { id: 7, type: 'envoy.type.matcher.v3.StringMatcher', repeated: 'each' } },
  [`${bootstrap}.MemoryAllocatorManager`]: {
    soft_memory_limit_bytes: { id: 3, type: 'google.protobuf.UInt64Value' },
    max_per_cpu_cache_size_bytes: { id: 4, type: 'google.protobuf.UInt32Value' },
    max_unfreed_memory_bytes: { id: 5, type: 'uint64' },
  },
  [`${metrics}.StatsConfig`]: { allow_default_tag_overrides: { id: 5, type: 'google.protobuf.BoolValue' } },
  [`${metrics}.HistogramBucketSettings`]: { bins: { id: 3, type: 'google.protobuf.UInt32Value' } },
  [`${metrics}.StatsdSink`]: { [inMilliseconds]: { id: 4, type: 'bool' } },
  [`${metrics}.DogStatsdSink`]: { [inMilliseconds]: { id: 5, type: 'bool' } },
  [`${openTelemetry}.SinkConfig`]: {
    grpc_service: { id: 1, type: 'envoy.config.core.v3.GrpcService', oneof: 'protocol_specifier' },
    report_counters_as_deltas: { id: 2, type: 'bool' },
    report_histograms_as_deltas: { id: 3, type: 'bool' },
    emit_tags_as_attributes: { id: 4, type: 'google.protobuf.BoolValue' },
    use_tag_extracted_name: { id: 5, type: 'google.protobuf.BoolValue' },
    prefix: { id: 6, type: 'string' },
    resource_detectors: { id: 7, type: 'envoy.config.core.v3.TypedExtensionConfig', repeated: 'each' },
    http_service: { id: 9, type: 'envoy.config.core.v3.HttpService', oneof: 'protocol_specifier' },
    max_data_points_per_request: { id: 10, type: 'uint32' },
  },
  [`${metrics}.MetricsServiceConfig`]: { batch_size: { id: 6, type: 'uint32' } },
};
