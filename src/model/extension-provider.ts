/** Somebody outside of the proxies that they work with, as Istio's meshConfig names them. Kinds that are not listed here are not read. */
export interface ExtensionProvider {
  readonly name: string;
  readonly envoyExtAuthzHttp?: HttpAuthorizer;
  readonly envoyExtAuthzGrpc?: GrpcAuthorizer;
  readonly prometheus?: object;
  readonly envoyFileAccessLog?: FileAccessLog;
  readonly zipkin?: ZipkinTracer;
  readonly opentelemetry?: OpenTelemetryTracer;
}

export interface FileAccessLog {
  readonly path: string;
  readonly logFormat?: { readonly text?: string; readonly labels?: Readonly<Record<string, unknown>> };
}

interface Tracer {
  /** `[namespace/]host` of a Service or ServiceEntry, the host in full. */
  readonly service: string;
  readonly port: number;
  /** Longer paths are cut in spans. */
  readonly maxTagLength?: number;
}

export interface ZipkinTracer extends Tracer {
  readonly path?: string;
  readonly enable64bitTraceId?: boolean;
}

/** By gRPC, or by HTTP where `http` says so. */
export interface OpenTelemetryTracer extends Tracer {
  readonly http?: {
    readonly path: string;
    readonly timeout?: string;
    readonly headers?: readonly { readonly name: string; readonly value: string }[];
  };
}

interface Authorizer {
  /** `[namespace/]host` of a Service or ServiceEntry, the host in full. */
  readonly service: string;
  readonly port: number;
  /** `5s`; ten minutes without it. */
  readonly timeout?: string;
  /** Whether requests pass when it cannot be asked. */
  readonly failOpen?: boolean;
  /** `503`: the answer to a request that it could not be asked about. */
  readonly statusOnError?: string;
  readonly clearRouteCache?: boolean;
  readonly includeRequestBodyInCheck?: {
    readonly maxRequestBytes?: number;
    readonly allowPartialMessage?: boolean;
    readonly packAsBytes?: boolean;
  };
}

export type GrpcAuthorizer = Authorizer;

/** Lists of headers: whole names, `x-*` and `*-x`. */
export interface HttpAuthorizer extends Authorizer {
  readonly pathPrefix?: string;
  /** The old name of `includeRequestHeadersInCheck`. */
  readonly includeHeadersInCheck?: readonly string[];
  readonly includeRequestHeadersInCheck?: readonly string[];
  readonly includeAdditionalHeadersInCheck?: Readonly<Record<string, string>>;
  readonly headersToUpstreamOnAllow?: readonly string[];
  readonly headersToDownstreamOnDeny?: readonly string[];
  readonly headersToDownstreamOnAllow?: readonly string[];
}
