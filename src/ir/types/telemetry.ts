import type { Origin } from '../../model/origin.ts';
import type { TapMatch, TapSide } from '../../model/tap.ts';
import type { ClusterIR } from './cluster.ts';

/** What a proxy tells of requests and connections. Equal for the pods of a workload. */
export interface TelemetryIR {
  /** Of what the app calls, and of all that passes a gateway. */
  readonly calls: TelemetrySideIR;
  /** Of what the app is asked. */
  readonly served: TelemetrySideIR;
  /** Who is told by the network. */
  readonly collectors: readonly ClusterIR[];
  readonly origins: readonly Origin[];
}

export interface TelemetrySideIR {
  readonly accessLogs: readonly AccessLogIR[];
  /** What differs from Istio's standard metrics. */
  readonly metrics: readonly MetricChangeIR[];
  readonly tracing: TracingIR;
}

export interface AccessLogIR {
  readonly file: string;
  readonly encoding: 'TEXT' | 'JSON';
  /** '' is Istio's default; of JSON, an object. */
  readonly format: string;
  /** CEL: what is logged; everything without it. */
  readonly filter?: string;
}

/** Requests that the control plane is told of while somebody looks. */
export interface TapIR {
  readonly id: string;
  readonly sides: readonly TapSide[];
  readonly match: TapMatch;
  readonly connections: boolean;
}

export interface MetricChangeIR {
  /** Without prefix: `requests_total`. */
  readonly metric: string;
  readonly disabled: boolean;
  /** `value` is CEL; without it the tag is left out. */
  readonly tags: readonly { readonly name: string; readonly value?: string }[];
}

export interface TracingIR {
  /** Per cent of the requests that are traced when the caller has not decided. */
  readonly sampling: number;
  /** The request ID says for all proxies whether a request is traced. */
  readonly byRequestId: boolean;
  /** Who is called is told by headers which trace a request belongs to. */
  readonly propagates: boolean;
  /** Undefined tells nobody. */
  readonly tracer?: TracerIR;
  readonly tags: readonly SpanTagIR[];
}

export type SpanTagIR = { readonly name: string } & (
  | { readonly kind: 'literal' | 'format'; readonly value: string }
  | { readonly kind: 'environment' | 'header'; readonly from: string; readonly otherwise: string }
);

interface TracerBase {
  /** Of a cluster. */
  readonly cluster: string;
  readonly host: string;
  readonly maxTagLength?: number;
}

export interface ZipkinIR extends TracerBase {
  readonly kind: 'zipkin';
  readonly path: string;
  readonly longIds: boolean;
}

export interface OpenTelemetryIR extends TracerBase {
  readonly kind: 'opentelemetry';
  readonly port: number;
  readonly serviceName: string;
  /** By gRPC without it. */
  readonly http?: {
    readonly path: string;
    readonly timeoutMs: number;
    readonly headers: readonly { readonly name: string; readonly value: string }[];
  };
}

export type TracerIR = ZipkinIR | OpenTelemetryIR;
