import type { SpanTagIR, TracerIR, TracingIR } from '../../ir/types/telemetry.ts';
import type { Message } from '../resource.ts';
import { any, duration, extension, given } from './common.ts';

/** What a connection manager does about traces. */
export function translateTracing({ sampling, byRequestId, propagates, tracer, tags }: TracingIR): Message {
  return {
    request_id_extension: {
      typed_config: any('extensions.request_id.uuid.v3.UuidRequestIdConfig', {
        use_request_id_for_trace_sampling: byRequestId,
      }),
    },
    tracing: {
      client_sampling: { value: 100 },
      random_sampling: { value: sampling },
      overall_sampling: { value: 100 },
      ...(tracer === undefined ? {} : reporting(tracer, tags)),
      ...(propagates ? {} : { no_context_propagation: true }),
    },
  };
}

function reporting(tracer: TracerIR, tags: readonly SpanTagIR[]): Message {
  return given({
    provider: providerOf(tracer),
    max_path_tag_length: tracer.maxTagLength,
    custom_tags: tags.length === 0 ? undefined : tags.map(tagOf),
  });
}

function tagOf(tag: SpanTagIR): Message {
  const { name: label } = tag;
  switch (tag.kind) {
    case 'literal':
      return { tag: label, literal: { value: tag.value } };
    case 'format':
      return { tag: label, value: tag.value };
    case 'environment':
      return { tag: label, environment: { name: tag.from, default_value: tag.otherwise } };
    case 'header':
      return { tag: label, request_header: { name: tag.from, default_value: tag.otherwise } };
  }
}

function providerOf(tracer: TracerIR): Message {
  const { cluster, host } = tracer;
  if (tracer.kind === 'zipkin')
    return extension('envoy.tracers.zipkin', 'config.trace.v3.ZipkinConfig', {
      collector_cluster: cluster,
      collector_endpoint: tracer.path,
      collector_endpoint_version: 'HTTP_JSON',
      collector_hostname: host,
      trace_id_128bit: tracer.longIds,
      shared_span_context: false,
    });
  const { http, serviceName, port } = tracer;
  const service: Message =
    http === undefined
      ? { grpc_service: { envoy_grpc: { cluster_name: cluster, authority: host } } }
      : {
          http_service: {
            http_uri: { uri: `http://${host}:${port}${http.path}`, cluster, timeout: duration(http.timeoutMs) },
            request_headers_to_add: http.headers.map(({ name, value }) => ({ header: { key: name, value } })),
          },
        };
  return extension('envoy.tracers.opentelemetry', 'config.trace.v3.OpenTelemetryConfig', {
    ...service,
    service_name: serviceName,
  });
}
