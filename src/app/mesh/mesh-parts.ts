import type { MeshRootStore } from '../../identity/workload/mesh-root.ts';
import type { ScopeStore } from '../../learning/scope-store.ts';
import type { ObjectSource } from '../../source/object-source.ts';
import type { PeerAuthenticator } from '../../wire/session.ts';

/** What the mesh takes from its surroundings. */
export interface MeshParts {
  readonly objects: ObjectSource;
  readonly authenticator: PeerAuthenticator;
  readonly rootStore: MeshRootStore;
  /** Names the root store in messages. */
  readonly rootPlace: string;
  /** Where it is kept what workloads use; without it nothing is learnt. */
  readonly scopeStore?: ScopeStore;
  /** What fails at the start is tried again, and the webhook does not wait: so in a cluster. */
  readonly patient?: boolean;
  /** Brings the roots to the pods. */
  readonly publish?: RootPublisher | undefined;
}

export interface RootPublisher {
  start(roots: RootsToPublish, signal: AbortSignal): void;
  /** Namespaces whose pods do not trust us, since another has its roots there. */
  readonly foreign: readonly string[];
  /** Namespaces whose pods would not find there just the roots that there are now; undefined before they are listed. */
  readonly behind: readonly string[] | undefined;
}

export interface RootsToPublish {
  /** PEM. */
  current(): string;
  /** Never rejects. */
  refresh(): Promise<void>;
  onChange(listener: () => void): () => void;
}
