/**
 * What is known of the calls between workloads: what `src/observe` makes, the dashboard serves and the terminal prints. All times
 * are milliseconds since 1970, all durations milliseconds, all rates per second, all shares between 0 and 1.
 */

/** `null` where nothing was counted: a share of no requests is not zero. */
export interface Signals {
  readonly requestsPerSecond: number;
  /** Share of 5xx answers, of gRPC statuses that are server errors, and of requests that got none. */
  readonly errorShare: number | null;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

export interface TelemetrySource {
  readonly kind: 'prometheus' | 'proxies';
  /** `stale`: the last good answer is shown; `fallback`: Prometheus is configured and does not answer, so the proxies are asked. */
  readonly state: 'ok' | 'starting' | 'stale' | 'fallback' | 'failed';
  readonly problem?: { readonly code: string; readonly message: string; readonly remedy: string };
  readonly asOf: number;
  /** `full`: those that do not count calls with labels that came late, so that figures are short. */
  readonly proxies: { readonly asked: number; readonly answered: number; readonly full?: readonly string[] };
}

export type NodeKind = 'workload' | 'gateway' | 'external' | 'unknown';
export type HealthState = 'healthy' | 'degraded' | 'failing' | 'idle' | 'unknown';

export interface Health {
  readonly state: HealthState;
  /** One sentence with the figure that decided, such as `12.5 % of requests failed`. */
  readonly reason: string;
}

export interface GraphNode {
  /** Stable while the workload lives: `<kind>/<namespace>/<name>/<version>`. */
  readonly id: string;
  readonly kind: NodeKind;
  readonly namespace: string;
  readonly name: string;
  readonly app: string;
  readonly version: string;
  readonly health: Health;
  readonly inbound: Signals;
  readonly proxies: { readonly connected: number; readonly expected: number };
}

export interface MutualTls {
  /** Share of what was counted at the destination that came by mutual TLS; `null` where no destination told. */
  readonly share: number | null;
  readonly sourcePrincipals: readonly string[];
  readonly destinationPrincipals: readonly string[];
  /** Where some came in plaintext: whose doing that is, as far as it is known. */
  readonly because?: PlaintextCause;
}

export interface PlaintextCause {
  /** Without a full stop. */
  readonly reason: string;
  /** The resources that say so; none where nothing but a proxy is missing. */
  readonly by: readonly { readonly kind: string; readonly namespace: string; readonly name: string }[];
}

export interface GraphEdge {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  /** Hosts called, most called first, at most ten. */
  readonly hosts: readonly string[];
  readonly protocol: 'http' | 'grpc' | 'tcp';
  readonly signals: Signals;
  readonly bytesPerSecond: { readonly sent: number; readonly received: number };
  readonly mtls: MutualTls;
  /** What did not just end well, most of it first, at most ten. */
  readonly failures: readonly Failure[];
}

/** Requests or connections that ended in one way. */
export interface Failure {
  /**
   * Who made the answer. `caller`: its proxy, the call did not arrive. `called`: the proxy of whom was called. `app`: whoever is
   * behind it. `policy or app`: 401 and 403, and 16 and 7 of gRPC, look the same from both; a tap
   * tells whose they are. `client`: whoever asked went away.
   */
  readonly by: 'app' | 'policy or app' | 'caller' | 'called' | 'client';
  /** 0: there was none; null for connections of TCP. */
  readonly status: number | null;
  /** Of gRPC. */
  readonly grpc: number | null;
  /** Envoy's response flags, `UF,URX`; '' for none. */
  readonly flags: string;
  readonly perSecond: number;
}

export interface Graph {
  readonly at: number;
  readonly rangeSeconds: number;
  readonly telemetry: TelemetrySource;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** A point a step; `null` is a gap, drawn as one. */
export interface Series {
  readonly start: number;
  readonly stepMs: number;
  readonly values: readonly (number | null)[];
}

export interface GoldenSignals {
  readonly requests: Series;
  readonly errors: Series;
  readonly p50: Series;
  readonly p95: Series;
  readonly p99: Series;
}
