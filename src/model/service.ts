import type { Origin } from './origin.ts';
import type { Protocol } from './protocol.ts';

/** How the addresses behind a service are found. */
export type Resolution =
  /** Endpoints are known: a Service with a ClusterIP, a ServiceEntry with STATIC endpoints or a selector. */
  | 'endpoints'
  /** ClusterIP None: clients name the pod that they mean. */
  | 'headless'
  /** Envoy resolves the names of the endpoints (all addresses, or one at a time). */
  | 'dns'
  | 'dns-round-robin'
  /** Envoy resolves the name that the client asked for. */
  | 'dynamic-dns'
  /** To wherever the client meant to go: a ServiceEntry with resolution NONE. */
  | 'original';

export interface ServicePort {
  readonly number: number;
  readonly name: string;
  readonly protocol: Protocol;
  /** Where pods listen: a number, or the name of a container port. Equal to `number` when none is given. */
  readonly targetPort: number | string;
}

/** A host that clients call, and its ports: one host of a Kubernetes Service or of a ServiceEntry. */
export interface Service {
  /** `<namespace>/<hostname>`: unique within a snapshot. */
  readonly id: string;
  /** `reviews.default.svc.cluster.local`, `api.example.com`, `*.example.com`. */
  readonly hostname: string;
  readonly namespace: string;
  /** Of the resource. */
  readonly name: string;
  readonly registry: 'kubernetes' | 'service-entry';
  readonly resolution: Resolution;
  /** Virtual addresses: IPs, or CIDRs of a ServiceEntry; empty when it has none. */
  readonly addresses: readonly string[];
  /** Addresses that stand for the host beside those that its name leads to, for whoever is told of them. */
  readonly allocated: readonly string[];
  readonly ports: readonly ServicePort[];
  /** A ServiceEntry of MESH_EXTERNAL: no mesh identity on the other side. */
  readonly external: boolean;
  /** `.`, `*`, namespaces; empty means that of the mesh (all). */
  readonly exportTo: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Of the pods behind it, in its namespace; undefined when endpoints are given otherwise. */
  readonly selector: Readonly<Record<string, string>> | undefined;
  /** The host that an ExternalName Service stands for. */
  readonly aliasOf: string | undefined;
  readonly subjectAltNames: readonly string[];
  /** Addresses and names by which it is reached from outside; absent when there are none. */
  readonly outside?: readonly string[];
  /** `internalTrafficPolicy: Local`. */
  readonly nodeLocal: boolean;
  /** Endpoints in the zone, or on the node, of the client are used first. */
  readonly trafficDistribution?: 'zone' | 'node';
  /** Endpoints count even while not ready. */
  readonly publishNotReady: boolean;
  /** Milliseconds since the epoch. Older resources win conflicts; of equal age, by namespace and name. */
  readonly createdAt: number;
  readonly origin: Origin;
}

/** Every single address that clients may call a service at. */
export function calledAt({ addresses, allocated }: Pick<Service, 'addresses' | 'allocated'>): readonly string[] {
  return [...addresses.filter((address) => !address.includes('/')), ...allocated];
}
