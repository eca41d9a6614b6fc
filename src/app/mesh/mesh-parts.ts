import type { MeshRootStore } from '../../identity/workload/mesh-root.ts';
import type { ObjectSource } from '../../source/object-source.ts';
import type { PeerAuthenticator } from '../../wire/session.ts';

/** What the mesh takes from its surroundings. */
export interface MeshParts {
  readonly objects: ObjectSource;
  readonly authenticator: PeerAuthenticator;
  readonly rootStore: MeshRootStore;
  /** Names the root store in messages. */
  readonly rootPlace: string;
}
