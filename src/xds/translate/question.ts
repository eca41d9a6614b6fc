import { routerFilter } from '../filters/router.ts';
import type { Message, XdsResource } from '../resource.ts';
import { any, duration, extension } from './common.ts';
import { questionScript } from './question-script.ts';

/**
 * A proxy that is asked which endpoints it does without (docs/decisions/0352). Nobody comes to it for that: a cluster whose health it
 * checks every two seconds leads to a listener of its own, on a socket that has no file and no port. There a script asks the proxy's admin
 * interface, and what it finds goes to the control plane in the access log, on the stream with the pod's token. Whoever connects to the
 * socket, which is of the pod's network alone, gets an empty answer.
 */

/** Of the stream on which a proxy answers. */
export const questionLog = 'outrigger-question';
/** The tag of an entry that holds the answer. */
export const questionTag = 'answer';
/** Milliseconds. */
export const questionEveryMs = 2000;

const name = 'outrigger-question';
const address = { pipe: { path: '@outrigger-question' } };
/** Both in the bootstrap of every proxy. */
const controlPlane = 'xds';
const metadata = 'outrigger.question';

const often = duration(questionEveryMs);

const cluster: XdsResource = {
  ...{ type: 'cluster', name, origins: [] },
  message: {
    ...{ name, type: 'STATIC', connect_timeout: duration(1000) },
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] },
    health_checks: [
      {
        ...{ timeout: duration(5000), interval: often, no_traffic_healthy_interval: often },
        // The cluster comes before its listener; no traffic ever goes to it.
        no_traffic_interval: duration(250),
        ...{ unhealthy_threshold: 1, healthy_threshold: 1 },
        http_health_check: { path: '/', expected_statuses: [{ start: '200', end: '300' }] },
      },
    ],
  },
};

/** What was found; whoever asks too often is not told of, so that an app in the pod cannot make it more. */
const answered: Message = {
  status_code_filter: { comparison: { op: 'EQ', value: { default_value: 200, runtime_key: 'outrigger.question' } } },
};

const log: Message = {
  name: 'envoy.access_loggers.http_grpc',
  filter: answered,
  typed_config: any('extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig', {
    common_config: {
      ...{ log_name: questionLog, transport_api_version: 'V3' },
      grpc_service: { envoy_grpc: { cluster_name: controlPlane } },
      buffer_flush_interval: duration(200),
      custom_tags: [{ tag: questionTag, value: `%DYNAMIC_METADATA(${metadata}:answer)%` }],
    },
  }),
};

const listener: XdsResource = {
  ...{ type: 'listener', name, origins: [] },
  message: {
    ...{ name, address },
    filter_chains: [
      {
        filters: [
          extension(
            'envoy.filters.network.http_connection_manager',
            'extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
            {
              ...{ stat_prefix: 'question;', generate_request_id: false, access_log: [log] },
              route_config: {
                virtual_hosts: [
                  {
                    ...{ name, domains: ['*'] },
                    routes: [{ match: { prefix: '/' }, direct_response: { status: 204 } }],
                  },
                ],
              },
              http_filters: [
                extension('envoy.filters.http.lua', 'extensions.filters.http.lua.v3.Lua', {
                  default_source_code: { inline_string: questionScript(metadata) },
                }),
                routerFilter,
              ],
            },
          ),
        ],
      },
    ],
  },
};

/** For each proxy that is asked; the same for all. */
export const questionResources: readonly XdsResource[] = [cluster, listener];
