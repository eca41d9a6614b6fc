import type { Endpoint } from '../model/endpoint.ts';
import type { MeshSettings } from '../model/mesh-settings.ts';
import type { Origin } from '../model/origin.ts';
import type { NamespaceFacts } from '../model/pod.ts';
import type { Service } from '../model/service.ts';
import type { Tap } from '../model/tap.ts';
import type { Workload } from '../model/workload.ts';
import type {
  AuthorizationPolicy,
  DestinationRule,
  Emergency,
  EnvoyFilter,
  Gateway,
  PeerAuthentication,
  RateLimit,
  RequestAuthentication,
  Sidecar,
  Telemetry,
  VirtualService,
  WorkloadGroup,
} from '../schema/kinds.ts';

/** A valid resource of Istio's API, and where it comes from. */
export interface Config<R> {
  readonly namespace: string;
  readonly name: string;
  /** Milliseconds since the epoch; 0 when unknown. */
  readonly createdAt: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: R extends { readonly spec: infer S } ? S : never;
  readonly origin: Origin;
  /** Of each HTTP rule, where they are of several resources: the one that says it. */
  readonly ruleOrigins?: readonly Origin[];
}

/**
 * A certificate and its key, a CA, or both: Secrets of type `kubernetes.io/tls` or Istio's `Opaque` forms. They are for
 * gateways, and for sidecars where a rule selects them.
 */
export interface TlsSecret {
  readonly namespace: string;
  readonly name: string;
  /** PEM; '' with the key where it is a CA alone. */
  readonly certificate: string;
  readonly key: string;
  /** PEM of the CA of the other side (`ca.crt`, `cacert`, or Secret `<name>-cacert`); '' when there is none. */
  readonly ca: string;
  readonly origin: Origin;
}

/**
 * All that is known at one moment. Immutable; a collection that did not change is the same object in the next
 * snapshot, and so is each value in it: whoever derives something may remember it by identity.
 * Every list is in order of age, ties by namespace and name.
 */
export interface Snapshot {
  /** Counts up; for logs. */
  readonly number: number;
  /** What holds for the mesh by its ConfigMap; undefined is what the program was started with. */
  readonly settings?: MeshSettings | undefined;
  readonly namespaces: ReadonlyMap<string, NamespaceFacts>;
  readonly services: readonly Service[];
  /** By `Service.id`; a service without endpoints has no entry. Sorted by address and port. */
  readonly endpoints: ReadonlyMap<string, readonly Endpoint[]>;
  /** By `<namespace>/<name>`. */
  readonly workloads: ReadonlyMap<string, Workload>;
  /** Machines that may have a proxy: WorkloadEntries with a service account and an IP address. By `<namespace>/<name>`. */
  readonly machines: ReadonlyMap<string, Workload>;
  /** Of machines that register themselves. */
  readonly workloadGroups: readonly Config<WorkloadGroup>[];
  readonly virtualServices: readonly Config<VirtualService>[];
  readonly destinationRules: readonly Config<DestinationRule>[];
  readonly gateways: readonly Config<Gateway>[];
  readonly sidecars: readonly Config<Sidecar>[];
  readonly peerAuthentications: readonly Config<PeerAuthentication>[];
  readonly authorizationPolicies: readonly Config<AuthorizationPolicy>[];
  readonly requestAuthentications: readonly Config<RequestAuthentication>[];
  readonly telemetries: readonly Config<Telemetry>[];
  readonly envoyFilters: readonly Config<EnvoyFilter>[];
  readonly rateLimits: readonly Config<RateLimit>[];
  /** Those that are in force: what is over is not here. */
  readonly emergencies: readonly Config<Emergency>[];
  /** JSON Web Key Sets that issuers publish, as they were last read. */
  readonly tokenKeys: ReadonlyMap<string, string>;
  /** IP addresses of gateways of networks that are known by name. They come from outside of the cluster. */
  readonly gatewayAddresses: ReadonlyMap<string, readonly string[]>;
  /** Whose requests somebody looks at just now. */
  readonly taps: readonly Tap[];
  /** Proxies that are asked which endpoints they do without, by the id of their workload. */
  readonly asked: ReadonlySet<string>;
  /** By `<namespace>/<name>`. */
  readonly secrets: ReadonlyMap<string, TlsSecret>;
}

export const emptySnapshot: Snapshot = {
  number: 0,
  namespaces: new Map(),
  services: [],
  endpoints: new Map(),
  workloads: new Map(),
  machines: new Map(),
  workloadGroups: [],
  virtualServices: [],
  destinationRules: [],
  gateways: [],
  sidecars: [],
  peerAuthentications: [],
  authorizationPolicies: [],
  requestAuthentications: [],
  telemetries: [],
  envoyFilters: [],
  rateLimits: [],
  emergencies: [],
  tokenKeys: new Map(),
  gatewayAddresses: new Map(),
  taps: [],
  asked: new Set(),
  secrets: new Map(),
};
