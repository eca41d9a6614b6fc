import type { AccessLogIR } from '../../ir/types/telemetry.ts';
import type { Message } from '../resource.ts';
import { extension } from './common.ts';

/** Istio's default format, which people's parsers know. */
const defaultText =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% ' +
  '%RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" %BYTES_RECEIVED% ' +
  '%BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" ' +
  '"%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%" %UPSTREAM_CLUSTER_RAW% %UPSTREAM_LOCAL_ADDRESS% ' +
  '%DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%\n';

const defaultJson: Message = {
  authority: '%REQ(:AUTHORITY)%',
  bytes_received: '%BYTES_RECEIVED%',
  bytes_sent: '%BYTES_SENT%',
  connection_termination_details: '%CONNECTION_TERMINATION_DETAILS%',
  downstream_local_address: '%DOWNSTREAM_LOCAL_ADDRESS%',
  downstream_remote_address: '%DOWNSTREAM_REMOTE_ADDRESS%',
  duration: '%DURATION%',
  method: '%REQ(:METHOD)%',
  path: '%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%',
  protocol: '%PROTOCOL%',
  request_id: '%REQ(X-REQUEST-ID)%',
  requested_server_name: '%REQUESTED_SERVER_NAME%',
  response_code: '%RESPONSE_CODE%',
  response_code_details: '%RESPONSE_CODE_DETAILS%',
  response_flags: '%RESPONSE_FLAGS%',
  route_name: '%ROUTE_NAME%',
  start_time: '%START_TIME%',
  upstream_cluster: '%UPSTREAM_CLUSTER_RAW%',
  upstream_host: '%UPSTREAM_HOST%',
  upstream_local_address: '%UPSTREAM_LOCAL_ADDRESS%',
  upstream_service_time: '%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%',
  upstream_transport_failure_reason: '%UPSTREAM_TRANSPORT_FAILURE_REASON%',
  user_agent: '%REQ(USER-AGENT)%',
  x_forwarded_for: '%REQ(X-FORWARDED-FOR)%',
};

const streams: Readonly<Record<string, { readonly name: string; readonly type: string }>> = {
  '/dev/stdout': { name: 'envoy.access_loggers.stdout', type: 'extensions.access_loggers.stream.v3.StdoutAccessLog' },
  '/dev/stderr': { name: 'envoy.access_loggers.stderr', type: 'extensions.access_loggers.stream.v3.StderrAccessLog' },
};

/** Each request or connection, to files. */
export function translateAccessLog(logs: readonly AccessLogIR[]): Message[] {
  return logs.map((log) => entryOf(log, []));
}

/** All of `conditions`, and what the log itself asks for. */
function entryOf(log: AccessLogIR, conditions: readonly Message[]): Message {
  const filters = [...conditions, ...(log.filter === undefined ? [] : [filterOf(log.filter)])];
  const [first, second] = filters;
  if (first === undefined) return loggerOf(log);
  return { ...loggerOf(log), filter: second === undefined ? first : { and_filter: { filters } } };
}

function filterOf(expression: string): Message {
  return {
    extension_filter: extension(
      'envoy.access_loggers.extension_filters.cel',
      'extensions.access_loggers.filters.cel.v3.ExpressionFilter',
      { expression },
    ),
  };
}

function loggerOf(log: AccessLogIR): Message {
  const stream = streams[log.file];
  // Not by opening the file: a proxy that is not root may write to its output, but not open it.
  if (stream !== undefined) return extension(stream.name, stream.type, { log_format: formatOf(log) });
  return extension('envoy.access_loggers.file', 'extensions.access_loggers.file.v3.FileAccessLog', {
    path: log.file,
    log_format: formatOf(log),
  });
}

/** Connections log at their end alone, although the metrics are told of their beginning. */
export function translateConnectionLog(logs: readonly AccessLogIR[]): Message[] {
  return logs.map((log) => entryOf(log, [{ log_type_filter: { types: ['TcpConnectionEnd'] } }]));
}

/** Connections that no filter chain took, else nobody would learn of them. */
export function translateListenerLog(logs: readonly AccessLogIR[]): Message[] {
  return logs.map((log) => entryOf(log, [{ response_flag_filter: { flags: ['NR'] } }]));
}

function formatOf({ encoding, format }: AccessLogIR): Message {
  if (encoding === 'TEXT') return { text_format_source: { inline_string: format === '' ? defaultText : format } };
  return { json_format: format === '' ? defaultJson : (JSON.parse(format) as Message) };
}
