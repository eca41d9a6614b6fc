import type { OutriggerError } from '../errors.ts';
import type { ClusterFacts } from '../model/pod.ts';

/** What is known of a cluster, and how to keep it so: a folder of files, or the Kubernetes API. */
export interface Source extends ClusterFacts {
  readonly name: string;
  /** Resolves once the first listing is in memory; then follows changes until the signal aborts. */
  start(signal: AbortSignal): Promise<void>;
  /** What is wrong now, in a stable order. The last good content of what is broken is served. */
  problems(): readonly OutriggerError[];
}
