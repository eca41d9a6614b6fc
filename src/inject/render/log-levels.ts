import { OutriggerError } from '../../errors.ts';

/** What Envoy takes for `--log-level`; it does not start with any other. */
const levels = ['trace', 'debug', 'info', 'warning', 'warn', 'error', 'critical', 'off'];

/** The loggers of Envoy 1.40, as its admin interface lists them (`POST /logging`). */
const components = new Set(
  (
    'a2a admin ai_protocol_manager alternate_protocols_cache assert aws backtrace basic_auth cache_filter client ' +
    'compression config conn_handler connection credential_injector decompression dns dubbo dynamic_modules envoy_bug ' +
    'ext_authz ext_proc file filter forward_proxy geolocation golang grpc happy_eyeballs hc health_checker http http2 ' +
    'hystrix init io ip_tagging json_rpc jwt kafka key_value_store local_rate_limit lua main matcher mcp misc mongo ' +
    'multi_connection notification oauth2 pool quic quic_stream rate_limit_quota rbac rds redis rocketmq router ' +
    'runtime secret sse stats stats_sinks tap testing thrift tracing udp upstream wasm websocket'
  ).split(' '),
);

/** @throws OutriggerError OR1201 */
export function checkLogLevel(level: string, at: string): string {
  if (levels.includes(level)) return level;
  throw bad(level, `one of ${levels.join(', ')}`, at);
}

/** `component:level,…`; empty for none. @throws OutriggerError OR1201 */
export function checkComponentLevels(text: string, at: string): string {
  for (const item of text === '' ? [] : text.split(',').slice(0, components.size + 1)) {
    const [component = '', level = '', ...rest] = item.split(':');
    if (rest.length > 0 || !levels.includes(level)) throw bad(item, 'component:level pairs separated by commas', at);
    if (!components.has(component)) throw bad(item, "Envoy's names of components, such as http, upstream or misc", at);
  }
  return text;
}

function bad(value: string, expected: string, at: string): OutriggerError {
  return new OutriggerError('OR1201', `${JSON.stringify(value.slice(0, 100))} is not possible: write ${expected}`, {
    at,
  });
}
