import type { MeshRootStore } from '../../identity/workload/mesh-root.ts';
import type { ScopeStore } from '../../learning/scope-store.ts';
import type { EntryStore } from '../../machines/entry-store.ts';
import type { JsonObject } from '../../model/json.ts';
import type { ObjectChanges, ObjectSource, SourceObject } from '../../source/object-source.ts';
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
  /** Writes what became of resources into them; without it nobody does. */
  readonly statuses?: StatusSink;
  /** Writes down what becomes of Emergencies; without it only the log has it. */
  readonly emergencies?: EmergencySink;
  /** Where machines that register themselves are written down; without it they cannot. */
  readonly machines?: EntryStore;
  /** Brings the roots to the pods. */
  readonly publish?: RootPublisher | undefined;
}

export interface StatusSink {
  start(signal: AbortSignal): void;
  /** All of them, each time one changes. Returns at once. */
  want(statuses: readonly { readonly source: SourceObject; readonly status: JsonObject }[]): void;
}

export interface EmergencySink {
  start(signal: AbortSignal): void;
  /** Those that are over are among them. Returns at once. */
  apply(changes: ObjectChanges): void;
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
