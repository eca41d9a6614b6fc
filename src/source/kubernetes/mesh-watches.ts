import { type FaultListener, faultOf } from '../../model/fault.ts';
import { objectKey, type SourceObject } from '../object-source.ts';
import type { ObjectStore } from '../object-store.ts';
import { type Clock, systemClock } from './clock.ts';
import type { KubeConnection } from './connection.ts';
import { createKubeTransport } from './kube-transport.ts';
import { ListWatch } from './list-watch.ts';
import type { Failure } from './list-watch-state.ts';
import type { MeshKind } from './mesh-kinds.ts';
import { feedOf } from './object-feed.ts';
import { firstServed } from './version-fallback.ts';

export interface SourceProblem {
  /** The plural of a kind. */
  readonly resource: string;
  readonly failure: Failure;
  /** Milliseconds until the next attempt. */
  readonly retryInMs: number;
}

export interface WatchOptions {
  readonly connection: KubeConnection;
  readonly clock?: Clock;
  /** In [0, 1). */
  readonly random?: () => number;
  /** Every failed attempt, but of a kind that is not installed only the first; the last good state stays in use. */
  readonly onProblem?: (problem: SourceProblem) => void;
  /** OR1660 of each object that cannot be dealt with; the others are. Without it that is thrown away. */
  readonly onFault?: FaultListener;
  /** Milliseconds without an event or a bookmark after which a watch counts as dead; 150 s by default. */
  readonly idleMs?: number;
  /** Objects a page of a list; 500 by default. */
  readonly pageSize?: number;
}

export interface MeshWatchesOptions extends WatchOptions {
  readonly store: ObjectStore;
  readonly kinds: readonly MeshKind[];
  /** Called when `synced` may have become true. */
  readonly onProgress: () => void;
}

interface KindWatch {
  readonly start: (signal: AbortSignal) => void;
  readonly synced: () => boolean;
  readonly tried: () => boolean;
}

/** Kinds of the mesh, each listed and watched for itself: one that fails stops no other. */
export class MeshWatches {
  readonly #options: MeshWatchesOptions;
  readonly #watches: readonly KindWatch[];

  constructor(options: MeshWatchesOptions) {
    this.#options = options;
    this.#watches = options.kinds.map((kind) => this.#watch(kind));
  }

  get synced(): boolean {
    return this.#watches.every((watch) => watch.synced());
  }

  /** Each was listed, or has failed once. */
  get tried(): boolean {
    return this.#watches.every((watch) => watch.tried());
  }

  start(signal: AbortSignal): void {
    for (const watch of this.#watches) watch.start(signal);
  }

  #watch({ resource, versions, needed }: MeshKind): KindWatch {
    const { connection, clock = systemClock, random = Math.random, idleMs, pageSize = 500 } = this.#options;
    const { store, onProblem, onProgress, onFault } = this.#options;
    const transports = versions.map((version) => createKubeTransport(connection, version, { pageSize, random }));
    const feed = feedOf(store);
    let refused = false;
    let absent = false;
    let tried = false;
    const sink = {
      ...feed,
      replace: (items: Parameters<typeof feed.replace>[0]) => {
        absent = false;
        tried = true;
        feed.replace(items);
        onProgress();
      },
      problem: (failure: Failure, retryInMs: number) => {
        tried = true;
        // That a cluster has none of another dialect is nothing to tell.
        const known = failure.kind === 'absent' && (absent || needed === 'any');
        absent ||= failure.kind === 'absent';
        refused ||= needed === 'any' && failure.kind === 'forbidden';
        if (!known) onProblem?.({ resource, failure, retryInMs });
        onProgress();
      },
      fault: (error: unknown, item?: SourceObject) =>
        onFault?.(faultOf('OR1660', item === undefined ? resource : objectKey(item), error)),
    };
    const listWatch = new ListWatch({ transport: firstServed(transports), clock, random, idleMs, sink });
    return {
      start: (signal) => listWatch.start(signal),
      synced: () => listWatch.synced || refused,
      tried: () => tried,
    };
  }
}
