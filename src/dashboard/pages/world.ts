import type { MeshSettings } from '../../model/mesh-settings.ts';
import type { CallCounts } from '../../observe/call-counts.ts';
import type { ProxyUse } from '../../observe/proxy-counters.ts';
import type { RegistryProblem } from '../../registry/registry-problem.ts';
import type { SourceObject } from '../../source/object-source.ts';
import type { ChangesPage } from '../api-types.ts';
import type { EndpointLooks } from '../endpoint-looks.ts';
import type { Graphs } from '../graphs.ts';
import type { MeshView } from '../mesh-view.ts';
import type { Deliveries } from './deliveries.ts';

/** What the pages are made of. */
export interface World {
  readonly mesh: MeshView;
  readonly settings: () => MeshSettings;
  /** Every object of the mesh as its source has it. */
  readonly objects: () => readonly SourceObject[];
  readonly problems: () => readonly RegistryProblem[];
  readonly counts: CallCounts;
  readonly graphs: Graphs;
  readonly deliveries: Deliveries;
  readonly changes: () => ChangesPage;
  readonly useOf: (proxy: string) => ProxyUse | undefined;
  /** Proxies say what `useOf` tells for a while from now on, wherever figures come from. Resolves when they have, or cannot, or it takes too long. */
  readonly useKnown: (patienceMs: number) => Promise<void>;
  /** Asks a proxy which endpoints it does without. */
  readonly looks: Pick<EndpointLooks, 'look'>;
  /** Of an identity, milliseconds since 1970; undefined: no proxy of this replica has one. */
  readonly certificateEnd: (spiffeId: string) => number | undefined;
}

/** What a page sums up: the last minute. Seconds. */
export const pageRange = 60;
