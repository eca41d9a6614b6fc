import type { Locality } from './endpoint.ts';
import type { Origin } from './origin.ts';

/** A pod, or a machine that a WorkloadEntry names: what can have a proxy. */
export interface Workload {
  /** `<namespace>/<name>`. */
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly ips: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
  readonly nodeName: string;
  readonly locality: Locality;
  /** What it says itself of its network; '' is nothing. */
  readonly network: string;
  /** What its proxy is told to say of itself: each variable `ISTIO_META_<key>` with a value, by its key. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Name of the Deployment or other owner. */
  readonly workloadName: string;
  readonly canonicalService: string;
  readonly canonicalRevision: string;
  /** It has an injected proxy. */
  readonly meshed: boolean;
  /** A gateway has a proxy alone, which no iptables rules feed. */
  readonly role: 'sidecar' | 'gateway';
  /** Of its containers, by name. */
  readonly namedPorts: Readonly<Record<string, number>>;
  /** Of a machine, by the names that services have for them; what stands here is where it listens. */
  readonly servicePorts?: Readonly<Record<string, number>>;
  /** Port of probes and metrics in the bootstrap (15020), 0 when there is none. */
  readonly statusPort: number;
  readonly origin: Origin;
}

/** https://spiffe.io/docs/latest/spiffe-about/spiffe-concepts/ in Istio's form. */
export function spiffeId(trustDomain: string, namespace: string, serviceAccount: string): string {
  return `spiffe://${trustDomain}/ns/${namespace}/sa/${serviceAccount}`;
}
