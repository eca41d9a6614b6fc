import type { Origin } from './origin.ts';

/** `region/zone/subzone`, each '' when unknown. */
export interface Locality {
  readonly region: string;
  readonly zone: string;
  readonly subzone: string;
}

/** One address behind one port of a service. */
export interface Endpoint {
  /** An IP address, or a host name for services that Envoy resolves by DNS; '' where only its network is known. */
  readonly address: string;
  readonly port: number;
  /** Name of the service's port that it is behind. */
  readonly servicePort: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly locality: Locality;
  readonly weight: number;
  readonly health: 'ready' | 'not-ready' | 'terminating';
  readonly nodeName: string;
  /** What it says itself of its network; '' is nothing. */
  readonly network: string;
  /** A sidecar takes its traffic and speaks mutual TLS: label `security.istio.io/tlsMode: istio`. */
  readonly meshed: boolean;
  readonly serviceAccount: string;
  readonly namespace: string;
  /** `<namespace>/<name>` of its Pod or WorkloadEntry; '' when none is known. */
  readonly workload: string;
  /** Name of the Deployment or other owner, for telemetry. */
  readonly workloadName: string;
  readonly canonicalService: string;
  readonly canonicalRevision: string;
  readonly origin: Origin;
}
