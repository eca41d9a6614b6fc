/** Types of resources by the names that people know them by. */
export const reportedTypes = {
  cluster: 'CDS',
  listener: 'LDS',
  endpoint: 'EDS',
  route: 'RDS',
  virtualHost: 'VHDS',
  extension: 'ECDS',
  secret: 'SDS',
} as const;

export type ReportedType = (typeof reportedTypes)[keyof typeof reportedTypes];

/** STALE: sent and not acknowledged for longer than a proxy that works would take. */
export type ReportedState = 'SYNCED' | 'STALE' | 'NACKED' | 'NOT SENT';

/** One type of resources on the stream of one proxy. Times are ISO 8601. */
export interface ReportedSync {
  readonly state: ReportedState;
  /** When the state began, as far as it is known. */
  readonly since?: string;
  readonly sentAt?: string;
  readonly sentNonce?: string;
  readonly acknowledgedAt?: string;
  readonly acknowledgedNonce?: string;
}

export interface ReportedRejection {
  readonly type: ReportedType;
  readonly resource: string;
  readonly version: string;
  /** Envoy's words. */
  readonly reason: string;
  readonly at: string;
  /** `VirtualService default/reviews spec.http[0]` */
  readonly origins: readonly string[];
}

export interface ReportedProxy {
  /** `<namespace>/<pod>` */
  readonly proxy: string;
  /** `1.40.0`; '' when it is not Envoy. */
  readonly envoyVersion: string;
  readonly protocol: 'delta' | 'sotw';
  /** How configuration reaches it: `eager`, `pushed-hosts`… */
  readonly delivery: string;
  readonly connectedAt: string;
  /** It has acknowledged all that it should have. */
  readonly settled: boolean;
  readonly types: Readonly<Record<ReportedType, ReportedSync>>;
  readonly rejections: readonly ReportedRejection[];
}

/** One resource that a proxy was sent. */
export interface ReportedResource {
  readonly type: ReportedType;
  readonly name: string;
  /** Of its content; Envoy's config dump shows the same. */
  readonly version: string;
  readonly state: Exclude<ReportedState, 'NOT SENT'>;
  readonly origins: readonly string[];
}

/** What `GET /mesh/proxies` answers; with `?proxy=<namespace>/<pod>` that proxy alone, with its resources. */
export interface ProxyReport {
  /** Host name of the replica, which is its pod's name in a cluster. */
  readonly instance: string;
  /** Of Outrigger. */
  readonly version: string;
  readonly now: string;
  /** Pods that have a proxy and an address, `<namespace>/<pod>`, connected or not. */
  readonly workloads: readonly string[];
  readonly proxies: readonly ReportedProxy[];
  readonly resources?: readonly ReportedResource[];
}
