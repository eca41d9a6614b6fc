import type { UserTokens } from '../dashboard/recognize.ts';
import type { ReadinessCheck } from '../http/health.ts';
import type { RootStore } from '../identity/root-store.ts';
import type { OutcomeListener } from '../inject/webhook-types.ts';
import type { InstalledRevisions } from '../model/installed-revisions.ts';
import type { LocalLog } from '../model/log-tail.ts';
import type { ClusterFacts } from '../model/pod.ts';
import type { UserAccess } from '../source/kubernetes/user-access.ts';
import type { ObjectSource } from '../source/object-source.ts';
import type { Component } from './component.ts';
import type { MeshParts } from './mesh/mesh-parts.ts';

/** What the program takes from its surroundings: a folder on this machine, or a cluster. */
export interface Surroundings {
  readonly place: 'cluster' | 'playground' | 'files';
  /** What this replica is called: in a cluster its pod. */
  readonly instance: string;
  readonly facts: ClusterFacts;
  /** Where the ConfigMap of the mesh comes from; undefined follows none. */
  readonly objects?: ObjectSource;
  /** In the order in which they start. */
  readonly components: readonly Component[];
  readonly readiness: ReadinessCheck;
  readonly rootStore: RootStore;
  /** Names the root store in messages. */
  readonly rootPlace: string;
  /** Told of each answered admission; undefined when nobody outside is. */
  readonly onOutcome: OutcomeListener | undefined;
  /** The control planes of the cluster, asked for when somebody wants to know; undefined where there is no cluster. */
  readonly installed?: (() => Promise<InstalledRevisions | undefined>) | undefined;
  /** What proxies are configured from; undefined where none are. */
  readonly mesh?: MeshParts | undefined;
  /** Proves tokens of people, and acts for them; undefined where there is no API server. */
  readonly users?: (UserTokens & UserAccess) | undefined;
  /** Logs of pods, where all of them are on this machine; undefined elsewhere. */
  readonly localLog?: LocalLog | undefined;
  /** One line for a person: what is served from where. */
  readonly summary: () => string;
}
