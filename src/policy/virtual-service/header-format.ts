import { isExpressionOfEnvoy } from '../../schema/telemetry/expression.ts';

/**
 * Values of headers are formats: `%REQ(x-a)%`, `%%`. Envoy refuses a route with any other percent sign, or with a command that
 * it does not know: https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage#command-operators
 */
const commands: ReadonlySet<string> = new Set([
  ...['REQ', 'RESP', 'TRAILER', 'PATH', 'QUERY_PARAM', 'QUERY_PARAMS', 'PROTOCOL', 'HOSTNAME', 'ENVIRONMENT'],
  ...['START_TIME', 'START_TIME_LOCAL', 'EMIT_TIME', 'EMIT_TIME_LOCAL', 'DURATION', 'COMMON_DURATION'],
  ...['REQUEST_DURATION', 'REQUEST_TX_DURATION', 'RESPONSE_DURATION', 'RESPONSE_TX_DURATION', 'ROUNDTRIP_DURATION'],
  ...['BYTES_RECEIVED', 'BYTES_SENT', 'RESPONSE_CODE', 'RESPONSE_CODE_DETAILS', 'RESPONSE_FLAGS', 'ROUTE_NAME'],
  ...['VIRTUAL_CLUSTER_NAME', 'CONNECTION_ID', 'STREAM_ID', 'TRACE_ID', 'REQUESTED_SERVER_NAME', 'FILTER_CHAIN_NAME'],
  ...['UPSTREAM_HOST', 'UPSTREAM_CLUSTER', 'UPSTREAM_CLUSTER_RAW', 'UPSTREAM_LOCAL_ADDRESS', 'UPSTREAM_REMOTE_ADDRESS'],
  ...['UPSTREAM_METADATA', 'CLUSTER_METADATA', 'DYNAMIC_METADATA', 'METADATA', 'FILTER_STATE', 'CEL', 'GRPC_STATUS'],
  ...['DOWNSTREAM_LOCAL_ADDRESS', 'DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT', 'DOWNSTREAM_LOCAL_PORT'],
  ...['DOWNSTREAM_REMOTE_ADDRESS', 'DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT', 'DOWNSTREAM_REMOTE_PORT'],
  ...['DOWNSTREAM_DIRECT_REMOTE_ADDRESS', 'DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT'],
  ...['DOWNSTREAM_PEER_URI_SAN', 'DOWNSTREAM_PEER_DNS_SAN', 'DOWNSTREAM_PEER_SUBJECT', 'DOWNSTREAM_PEER_ISSUER'],
  ...['DOWNSTREAM_PEER_SERIAL', 'DOWNSTREAM_PEER_FINGERPRINT_256', 'DOWNSTREAM_PEER_FINGERPRINT_1'],
  ...['DOWNSTREAM_PEER_CERT', 'DOWNSTREAM_PEER_CERT_V_START', 'DOWNSTREAM_PEER_CERT_V_END'],
  ...['DOWNSTREAM_LOCAL_URI_SAN', 'DOWNSTREAM_LOCAL_SUBJECT', 'DOWNSTREAM_TLS_VERSION', 'DOWNSTREAM_TLS_CIPHER'],
  ...['DOWNSTREAM_TLS_SESSION_ID'],
]);
const header = /^:?[-\w!#$&'*+.^`|~]+(?:\?:?[-\w!#$&'*+.^`|~]*)?$/;
const any = /./;
const times = /^(?:[A-Z]+_)*[A-Z]+:(?:[A-Z]+_)*[A-Z]+(?::(?:ms|us|ns))?$/;
const metadata = /^(?:ROUTE|CLUSTER|DYNAMIC|UPSTREAM_HOST|LISTENER|VIRTUAL_HOST|LISTENER_FILTER_CHAIN):/;

/** What may stand in brackets. Of the others nothing may, nor a length. `test/envoy/header-formats.test.ts` asks Envoy. */
const needed: Readonly<Record<string, RegExp>> = {
  ...{ REQ: header, RESP: header, TRAILER: header, QUERY_PARAM: any, ENVIRONMENT: any, COMMON_DURATION: times },
  ...{ METADATA: metadata, UPSTREAM_METADATA: any, CLUSTER_METADATA: any, DYNAMIC_METADATA: any },
  FILTER_STATE: /^[^:]+(?::(?:PLAIN|TYPED))?$/,
};
const optional: Readonly<Record<string, RegExp>> = {
  ...{ START_TIME: any, START_TIME_LOCAL: any, EMIT_TIME: any, EMIT_TIME_LOCAL: any },
  ...{ DOWNSTREAM_PEER_CERT_V_START: any, DOWNSTREAM_PEER_CERT_V_END: any },
  ...{ RESPONSE_CODE_DETAILS: any, DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT: any },
  ...{ DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: any, DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT: any },
  ...{ PATH: /^(?:NQ|WQ)(?::(?:ORIG|PATH))?$/, QUERY_PARAMS: /^(?:ORIG|DECODED)$/ },
  ...{
    REQUESTED_SERVER_NAME: /^(?:SNI_ONLY|SNI_FIRST|HOST_FIRST)$/,
    GRPC_STATUS: /^(?:CAMEL_STRING|SNAKE_STRING|NUMBER)$/,
  },
};

/** What may be cut off behind so many bytes. */
const cuttable: readonly string[] = [
  ...['REQ', 'RESP', 'TRAILER', 'QUERY_PARAM', 'PATH', 'QUERY_PARAMS', 'ENVIRONMENT', 'CEL'],
  ...['DYNAMIC_METADATA', 'FILTER_STATE'],
];

/** Whether Envoy takes the text as a format. */
export function isFormat(text: string): boolean {
  const rest = text.replace(/%%|%([A-Z0-9_]+)(?:\(([^%()]+)\))?(:[1-9][0-9]{0,4})?%/g, (whole, name, inside, length) =>
    whole === '%%' || isCommand({ name, inside, length }) ? '' : '%',
  );
  return !rest.includes('%');
}

function isCommand({ name, inside, length }: { name: string; inside?: string; length?: string }): boolean {
  if (!commands.has(name) || (length !== undefined && !cuttable.includes(name))) return false;
  if (name === 'CEL') return inside !== undefined && isExpressionOfEnvoy(inside);
  const form = needed[name] ?? optional[name];
  if (inside === undefined) return needed[name] === undefined;
  return form?.test(inside) === true;
}

/** The text as it stands where it is no format. */
export function asFormat(text: string): string {
  return isFormat(text) ? text : text.replaceAll('%', '%%');
}
