/** What is known of the mesh without measuring. */
export interface Inventory {
  readonly workloads: readonly KnownWorkload[];
  /** Whether a host that was called is of a Service in the cluster. */
  isInside(host: string): boolean;
}

export interface KnownWorkload {
  readonly kind: 'workload' | 'gateway';
  readonly namespace: string;
  readonly name: string;
  readonly app: string;
  /** As the labels of metrics have it; '' for none. */
  readonly version: string;
  readonly proxies: { readonly connected: number; readonly expected: number };
}
