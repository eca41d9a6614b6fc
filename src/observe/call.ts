import { printAnswer } from './answer.ts';
import type { SeriesName } from './series-name.ts';

/** One side of a call as labels tell it; '' where nobody knows. */
export interface Party {
  readonly namespace: string;
  readonly workload: string;
  readonly app: string;
  readonly version: string;
  readonly principal: string;
}

export type Counted = 'requests' | 'duration-bucket' | 'opened' | 'closed' | 'sent' | 'received';

/** What one series counts of which calls. */
export interface CallSeries {
  readonly counts: Counted;
  /** Who measured: the caller's proxy or the one that was called. */
  readonly reporter: 'source' | 'destination';
  readonly source: Party;
  readonly target: Party;
  /** Host that was called. */
  readonly host: string;
  readonly protocol: 'http' | 'grpc' | 'tcp';
  readonly failed: boolean;
  /** How it ended, as `printAnswer` has it; '' where nothing is to be said of it. */
  readonly answer: string;
  /** Undefined: this reporter cannot tell. */
  readonly mutual: boolean | undefined;
  /** Upper edge of a bucket, milliseconds; 0 for others. */
  readonly upTo: number;
}

const counted: Readonly<Record<string, Counted>> = {
  istio_requests_total: 'requests',
  istio_request_duration_milliseconds_bucket: 'duration-bucket',
  istio_tcp_connections_opened_total: 'opened',
  istio_tcp_connections_closed_total: 'closed',
  istio_tcp_sent_bytes_total: 'sent',
  istio_tcp_received_bytes_total: 'received',
};

/**
 * Statuses of gRPC that are the server's fault, as OpenTelemetry has them: UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL,
 * UNAVAILABLE, DATA_LOSS. https://opentelemetry.io/docs/specs/semconv/rpc/grpc/
 */
const failedGrpc = new Set(['2', '4', '12', '13', '14', '15']);

/** Undefined: the series is no count of calls. */
export function readCall({ name, labels }: SeriesName): CallSeries | undefined {
  const counts = counted[name];
  const reporter = labels.get('reporter');
  if (counts === undefined || (reporter !== 'source' && reporter !== 'destination')) return undefined;
  const tcp = name.includes('istio_tcp_');
  const grpc = !tcp && labels.get('request_protocol') === 'grpc';
  const upTo = counts === 'duration-bucket' ? readEdge(labels.get('le') ?? '') : 0;
  if (Number.isNaN(upTo)) return undefined;
  const source = partyOf(labels, 'source');
  const target = partyOf(labels, 'destination');
  return {
    ...{ counts, reporter, source, target, upTo },
    host: known(labels.get('destination_service')),
    protocol: tcp ? 'tcp' : grpc ? 'grpc' : 'http',
    failed: isFailure(labels, grpc),
    answer: answerOf(labels, grpc),
    mutual: isMutual(labels, reporter, source.principal),
  };
}

function partyOf(labels: ReadonlyMap<string, string>, side: 'source' | 'destination'): Party {
  const of = (key: string) => known(labels.get(`${side}_${key}`));
  return {
    namespace: of('workload_namespace'),
    workload: of('workload'),
    app: of('app'),
    version: of('version'),
    principal: of('principal'),
  };
}

/** Istio says `unknown`, Envoy prints `-` for what it does not have. */
function known(value: string | undefined): string {
  return value === undefined || value === 'unknown' || value === '-' ? '' : value;
}

function readEdge(text: string): number {
  return text === '+Inf' ? Number.POSITIVE_INFINITY : text === '' ? Number.NaN : Number(text);
}

/** Of connections there are flags alone. */
function answerOf(labels: ReadonlyMap<string, string>, grpc: boolean): string {
  const [code, status] = [labels.get('response_code') ?? '', grpc ? (labels.get('grpc_response_status') ?? '') : ''];
  const flags = known(labels.get('response_flags'));
  const isGood = /^[123]/.test(code) || code === '';
  if (isGood && flags === '' && (status === '' || status === '0')) return '';
  const numbers = {
    status: /^\d{1,3}$/.test(code) ? Number(code) : null,
    grpc: /^\d{1,2}$/.test(status) ? Number(status) : null,
  };
  return printAnswer({ ...numbers, flags: flags.slice(0, longestFlags) });
}

/** Envoy's are two to five letters each. */
const longestFlags = 60;

/** Code 0 is a request that got no answer. */
function isFailure(labels: ReadonlyMap<string, string>, grpc: boolean): boolean {
  const code = labels.get('response_code') ?? '';
  if (/^5/.test(code) || code === '0') return true;
  return grpc && failedGrpc.has(labels.get('grpc_response_status') ?? '');
}

/**
 * The proxy that is called sees whether the caller has shown a certificate, and says so. The one that calls says `unknown`, as
 * Istio's does; but where it has shown no certificate of its own, it cannot have called by mutual TLS. What it failed by itself, with
 * a flag, may never have had a connection.
 */
function isMutual(labels: ReadonlyMap<string, string>, reporter: string, principal: string): boolean | undefined {
  if (reporter === 'source') return principal === '' && known(labels.get('response_flags')) === '' ? false : undefined;
  const policy = labels.get('connection_security_policy');
  return policy === 'mutual_tls' ? true : policy === 'none' ? false : undefined;
}
