import type {
  GoldenSignals,
  GraphEdge,
  Health,
  MutualTls,
  PlaintextCause,
  Signals,
  TelemetrySource,
} from '../model/service-graph.ts';

/**
 * What the dashboard's server answers and its page reads: the one contract between `src/dashboard` and `web`. All
 * times are milliseconds since 1970, all durations milliseconds, all rates per second, all shares between 0 and 1.
 * Names come from users' objects and from proxies: the page treats each as text, never as markup.
 */

export type * from '../model/service-graph.ts';
export type { TapLine } from '../model/tap.ts';

export interface DashboardState {
  readonly version: string;
  readonly place: 'cluster' | 'playground' | 'files';
  readonly user: { readonly name: string; readonly mayWrite: boolean };
  readonly telemetry: TelemetrySource;
  /** Proxies that this replica serves, of all that there are; and the other replicas that were asked who has taken what. */
  readonly replica: { readonly serves: number; readonly proxies: number; readonly others: ReplicaState };
  readonly emergencies: readonly {
    readonly scope: string;
    readonly level: string;
    readonly until: number;
    readonly reason: string;
  }[];
  readonly links: { readonly grafana?: string; readonly tracing?: string; readonly prometheus?: string };
}

export interface EndpointRow {
  readonly address: string;
  readonly workload: string;
  readonly version: string;
  readonly health: 'healthy' | 'unhealthy' | 'ejected' | 'draining' | 'unknown';
  /** Proxies that do without it, as far as they were asked and have answered. */
  readonly leftBy: readonly LeftBy[];
}

export interface LeftBy {
  /** `<namespace>/<workload>` */
  readonly client: string;
  /** '' is the service as a whole. */
  readonly subset: string;
  /** Envoy's words; `failed_outlier_check` is an ejection. */
  readonly flags: readonly string[];
  /** When it was first seen, which may be later than it was. */
  readonly since: number;
}

/** A proxy that was asked which endpoints it does without. */
export interface AskedProxy {
  /** `<namespace>/<pod>` */
  readonly proxy: string;
  readonly client: string;
  readonly state: 'told' | 'asking' | 'silent';
  /** When it told; `null`: it has not. */
  readonly at: number | null;
}

export interface Ejection {
  /** `<namespace>/<workload>` */
  readonly client: string;
  readonly port: number;
  readonly subset: string;
  /** Of the client; the most that one of their proxies has ejected. */
  readonly pods: number;
  readonly ejected: number;
}

export interface PolicyRef {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** What it does here, in one line. */
  readonly effect: string;
}

export interface ServicePage {
  readonly namespace: string;
  readonly name: string;
  readonly host: string;
  readonly ports: readonly { readonly port: number; readonly name: string; readonly protocol: string }[];
  readonly health: Health;
  readonly signals: GoldenSignals;
  /** Shares of the requests: what routes say (`null`: nothing does) and what was counted. */
  readonly split: readonly {
    readonly version: string;
    readonly configured: number | null;
    readonly observed: number | null;
  }[];
  /** Rules of its route that come before the one whose shares are said, for some requests alone. */
  readonly rulesBefore: number;
  readonly endpoints: readonly EndpointRow[];
  /** Clients whose proxies have ejected some of them, as counted: which ones, those proxies alone know. */
  readonly ejections: readonly Ejection[];
  /** Those of them that were asked which; and how many were not, which have ejected some, too. */
  readonly asked: { readonly proxies: readonly AskedProxy[]; readonly others: number };
  readonly inbound: readonly GraphEdge[];
  readonly policies: readonly PolicyRef[];
  /** Of the first of its endpoints that has one, as a workload's. */
  readonly traced: string;
}

export interface WorkloadPage {
  readonly namespace: string;
  readonly name: string;
  /** Who calls a gateway from outside tells nobody. */
  readonly kind: 'workload' | 'gateway';
  readonly signals: GoldenSignals;
  readonly health: Health;
  readonly inbound: readonly GraphEdge[];
  readonly outbound: readonly GraphEdge[];
  readonly policies: readonly PolicyRef[];
  readonly proxies: readonly ProxyRow[];
  /** What its spans are said to be of: `reviews.default`; '' is not known. */
  readonly traced: string;
  /** Of all of its pods, with a proxy or without; machines have none that could be read. */
  readonly pods: readonly string[];
}

/** The end of a container's log. */
export interface LogPage {
  readonly container: string;
  /** All of the pod; none where the log is not read. */
  readonly containers: readonly string[];
  /** The newest last. */
  readonly lines: readonly string[];
  /** Why it is not read here; '' where it is. */
  readonly reason: string;
  /** What shows it in a terminal. */
  readonly command: string;
}

export interface ProxyRow {
  readonly pod: string;
  readonly synced: 'SYNCED' | 'STALE' | 'NACKED' | 'NOT SENT' | 'DISCONNECTED';
  /** `1.40.0`; '' where another replica serves it. */
  readonly envoy: string;
  readonly problem?: string;
  /** Bytes, and cores; limits `null` where there is none, use `null` where it is not known. */
  readonly memory: { readonly used: number | null; readonly limit: number | null };
  readonly cpu: { readonly used: number | null; readonly limit: number | null };
  readonly certificate: { readonly identity: string; readonly expires: number } | null;
}

export interface ConfigRow {
  readonly kind: string;
  readonly apiVersion: string;
  readonly namespace: string;
  readonly name: string;
  readonly findings: readonly {
    readonly code: string;
    readonly severity: 'Error' | 'Warning' | 'Info';
    readonly message: string;
    readonly remedy: string;
  }[];
  /** Hosts or workloads that it is for. */
  readonly affects: readonly string[];
  /** Proxies that have taken it, of those it is for; `null` where it is not sent to proxies. */
  readonly delivered: { readonly taken: number; readonly of: number } | null;
}

export interface ConfigPage extends ConfigRow {
  /** Of what is shown: a change names it in `If-Match`. */
  readonly version: string;
  readonly yaml: string;
  readonly mayWrite: boolean;
}

/** The answer to a change that is not written yet, and to one that is. */
export interface ChangeAnswer {
  readonly yaml: string;
  /** Unified diff. */
  readonly diff: string;
  readonly findings: ConfigRow['findings'];
  readonly applied: boolean;
}

export interface SecurityPage {
  readonly calls: readonly {
    readonly source: string;
    readonly target: string;
    readonly mtls: MutualTls;
    readonly requestsPerSecond: number;
  }[];
  readonly namespaces: readonly {
    readonly namespace: string;
    readonly mode: string;
    readonly ready: boolean;
    /** Who still calls in plaintext, or cannot do otherwise. */
    readonly blockedBy: readonly {
      readonly workload: string;
      readonly reason: string;
      readonly because?: PlaintextCause;
    }[];
  }[];
}

export interface FanOutPage {
  readonly entries: readonly {
    readonly workload: string;
    /** Calls of all levels that one request to it makes. */
    readonly callsPerRequest: number;
    readonly levels: readonly {
      readonly level: number;
      readonly calls: number;
      readonly to: readonly { readonly namespace: string; readonly name: string; readonly calls: number }[];
      readonly addedMs: number | null;
    }[];
  }[];
}

/** `GET /api/cost`, for terminals: the proxies of a workload. Bytes and cores. */
export interface CostRow {
  readonly namespace: string;
  readonly name: string;
  readonly pods: readonly string[];
  readonly memory: { readonly most: number | null; readonly sum: number; readonly limit: number | null };
  readonly cpuLimit: number | null;
}

/** Event `tap` of `GET /api/tap`: proxies of the workload, those that the replicas that are asked serve, those of them that tell by now. */
export interface TapState {
  readonly proxies: number;
  readonly here: number;
  readonly ready: number;
}

/** Event `replicas` of the same with `replicas=all`: how many others are asked, and those that do not tell. */
export interface ReplicaState {
  readonly asked: number;
  readonly silent: readonly { readonly replica: string; readonly reason: string }[];
}

export interface ApiError {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/** A row of `GET /api/services`, which answers a list of them. */
export interface ServiceRow {
  readonly namespace: string;
  readonly name: string;
  readonly host: string;
  readonly health: Health;
  readonly signals: Signals;
}

/** `GET /api/changes`: what has changed in the last quarter of an hour, the newest first, at most a hundred. */
export interface ChangesPage {
  /** By the clock that the others are by. */
  readonly now: number;
  /** Since when this replica of the control plane has looked. */
  readonly since: number;
  readonly changes: readonly ChangeRow[];
}

export interface ChangeRow {
  readonly at: number;
  readonly what: 'added' | 'changed' | 'removed';
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** It is of the mesh, so that there is a page of it while it is there. */
  readonly hasPage: boolean;
}
