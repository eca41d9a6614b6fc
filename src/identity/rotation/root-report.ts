import type { CertificateFacts } from '../workload/certificate-facts.ts';

/** What a proxy has acknowledged of the secret `ROOTCA` or `default`. `not asked for`: it has no use for it. */
export interface AcknowledgedSecret {
  readonly state: 'not asked for' | 'held' | 'waiting' | 'rejected';
  /** Of the roots in it, or of what signed the certificate in it; [] unless it is held, and of what nobody knows here. */
  readonly fingerprints: readonly string[];
}

/** One stream of a proxy. */
export interface ProxyTrust {
  /** `<namespace>/<pod>` */
  readonly proxy: string;
  /** RFC 3339. */
  readonly connectedAt: string;
  readonly roots: AcknowledgedSecret;
  readonly certificate: AcknowledgedSecret;
}

/** What one replica of the control plane trusts and signs with, and how far its proxies have followed. No secrets. */
export interface RootReport {
  /** The pod, or the host. */
  readonly instance: string;
  /** It knows all objects of the mesh, and proxies can come. Before that its lists say nothing. */
  readonly ready: boolean;
  /** Why the store was not read just now. */
  readonly problem?: string;
  readonly issuer?: CertificateFacts;
  readonly roots: readonly CertificateFacts[];
  /** Fingerprint of what signed the certificate of the port for proxies. */
  readonly serving: string;
  /** Namespaces whose ConfigMap lacks some of the roots, or has others besides. */
  readonly unpublished: readonly string[];
  /** Workloads that have a proxy and an address: they run. */
  readonly workloads: readonly string[];
  /** Those of them that are outside of the cluster. A replica that is older does not tell. */
  readonly machines?: readonly string[];
  readonly proxies: readonly ProxyTrust[];
}
