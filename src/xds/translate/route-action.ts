import type { DestinationIR, ForwardIR, HashPolicyIR, MirrorIR, RetryIR } from '../../ir/types/route.ts';
import type { Message } from '../resource.ts';
import { any, duration, fraction, given } from './common.ts';
import { lasting } from './connection-manager.ts';
import { translateHeaderChanges } from './header-changes.ts';

/** envoy.config.route.v3.RouteAction */
export function translateForward(forward: ForwardIR): Message {
  const { destinations, retry, rewrite, mirrors, hash } = forward;
  const [first] = destinations;
  const single = destinations.length === 1 ? first : undefined;
  const hostRewrite = single?.hostRewrite ?? forward.hostRewrite;
  return given({
    ...(single === undefined
      ? { weighted_clusters: { clusters: destinations.map(translateDestination) } }
      : { cluster: single.cluster }),
    timeout: duration(forward.timeoutMs),
    ...lasting,
    // Without a timeout of the route, the one that a gRPC client asks for counts. With this field `timeout` would not.
    max_stream_duration:
      forward.timeoutMs > 0 ? undefined : { max_stream_duration: '0s', grpc_timeout_header_max: '0s' },
    retry_policy: retry === undefined ? undefined : translateRetry(retry),
    prefix_rewrite: rewrite?.kind === 'prefix' ? rewrite.value : undefined,
    regex_rewrite:
      rewrite?.kind === 'regex'
        ? { pattern: { regex: rewrite.pattern }, substitution: rewrite.substitution }
        : undefined,
    host_rewrite_literal: hostRewrite,
    request_mirror_policies: mirrors.length === 0 ? undefined : mirrors.map(translateMirror),
    hash_policy: hash.length === 0 ? undefined : hash.map(translateHash),
  });
}

function translateDestination({ cluster, weight, headers, hostRewrite }: DestinationIR): Message {
  const host = hostRewrite === undefined ? {} : { host_rewrite_literal: hostRewrite };
  return { name: cluster, weight, ...translateHeaderChanges(headers), ...host };
}

function translateRetry(retry: RetryIR): Message {
  return given({
    retry_on: retry.on,
    num_retries: retry.attempts,
    host_selection_retry_max_attempts: retry.otherHost ? 5 : undefined,
    retry_host_predicate: retry.otherHost
      ? [
          {
            name: 'envoy.retry_host_predicates.previous_hosts',
            typed_config: any('extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate'),
          },
        ]
      : undefined,
    retry_priority: retry.otherLocality
      ? {
          name: 'envoy.retry_priorities.previous_priorities',
          typed_config: any('extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig', {
            update_frequency: 2,
          }),
        }
      : undefined,
    retriable_status_codes: retry.statusCodes.length === 0 ? undefined : retry.statusCodes,
    per_try_timeout: retry.perTryTimeoutMs === undefined ? undefined : duration(retry.perTryTimeoutMs),
    retry_back_off: retry.backoffMs === undefined ? undefined : { base_interval: duration(retry.backoffMs) },
  });
}

function translateMirror({ cluster, percent }: MirrorIR): Message {
  return {
    cluster,
    runtime_fraction: { default_value: percent === 100 ? { numerator: 100 } : fraction(percent) },
    trace_sampled: false,
    disable_shadow_host_suffix_append: true,
  };
}

function translateHash(hash: HashPolicyIR): Message {
  switch (hash.kind) {
    case 'header':
      return { header: { header_name: hash.name } };
    case 'query':
      return { query_parameter: { name: hash.name } };
    case 'source-ip':
      return { connection_properties: { source_ip: true } };
    case 'cookie':
      return {
        cookie: given({
          name: hash.name,
          ttl: hash.ttlMs === undefined ? undefined : duration(hash.ttlMs),
          path: hash.path === '' ? undefined : hash.path,
          attributes: hash.attributes.length === 0 ? undefined : hash.attributes,
        }),
      };
  }
}
