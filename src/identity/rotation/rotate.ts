import type { MeshRoot } from '../workload/mesh-root.ts';
import { type Behind, behind, type ReplicaAnswer } from './proof.ts';
import { contentAfter, type Stage, stageOf, stages } from './stage.ts';

/** Where the root of the mesh is, with the right to write. Every write is taken back to what was read before it. */
export interface RotationStore {
  /** Names it in messages. */
  readonly place: string;
  /** Where what the root is to be waits. */
  readonly nextPlace: string;
  /** Throws OR2201, OR2242, OR2243 where there is no root. */
  read(): Promise<StoredRoots>;
  /** Lays down what the root is to be in the end; one that waits there already stays. */
  prepare(next: MeshRoot): Promise<void>;
  /** False, with nothing done: the store is not as it was read. */
  replace(root: MeshRoot, read: StoredRoots): Promise<boolean>;
  /** Deletes what waits. False as above. */
  finish(read: StoredRoots): Promise<boolean>;
}

export interface StoredRoots {
  readonly current: MeshRoot;
  readonly next: MeshRoot | undefined;
  /** Changes with every write. */
  readonly revision: string;
}

/** Every replica of the control plane, asked at the same time. Never rejects: a silence is an answer, too. */
export type AskReplicas = () => Promise<readonly ReplicaAnswer[]>;

export interface RotationProgress {
  readonly stage: Stage;
  readonly behind: readonly Behind[];
}

export interface RotationOptions {
  readonly store: RotationStore;
  readonly ask: AskReplicas;
  /** Pods that the operator gives up. */
  readonly without?: ReadonlySet<string>;
  /** Goes no further than this stage, proved; takes no step where it is there or past it. */
  readonly until?: Stage;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Between two looks. */
  readonly pollMs: number;
  /** For one stage. */
  readonly timeoutMs: number;
  /** How long ConfigMaps take to be in the pods: so long both roots have to stand there before anything is signed by the new one. */
  readonly mountMs: number;
  /** Told at each look. */
  readonly onProgress: (progress: RotationProgress) => void;
}

/**
 * Brings a rotation that has been prepared to its end: proves each stage on every proxy, and only then takes the next
 * step. The answer names who was behind when the time was over; nobody: it is complete. Throws what the store throws.
 */
export async function rotate(options: RotationOptions): Promise<RotationProgress> {
  const { store, onProgress } = options;
  for (;;) {
    const read = await store.read();
    const stage = stageOf(read);
    if (stage === 'none') {
      const done: RotationProgress = { stage, behind: [] };
      onProgress(done);
      return done;
    }
    // A further root cuts off nobody.
    if (stage !== 'prepared') {
      const verdict = await proven(options, read, stage);
      if (verdict === 'changed') continue;
      if (verdict.behind.length > 0 || isFarEnough(stage, options.until)) return verdict;
    }
    const after = contentAfter(read);
    if (after === undefined) await store.finish(read);
    else await store.replace(after, read);
  }
}

/** Also past `until`: what an earlier run did is not undone, and nothing is added to it. */
function isFarEnough(stage: Stage, until: Stage | undefined): boolean {
  return until !== undefined && stages.indexOf(stage) >= stages.indexOf(until);
}

/** Looks until nobody is behind, the time is over, or another operator has gone on. */
async function proven(
  options: RotationOptions,
  read: StoredRoots,
  stage: Stage,
): Promise<RotationProgress | 'changed'> {
  const { store, ask, without, now, sleep, pollMs, timeoutMs, onProgress } = options;
  const late = now() + timeoutMs;
  let since: number | undefined;
  for (;;) {
    const lagging = behind(read.current, await ask(), without);
    if ((await store.read()).revision !== read.revision) return 'changed';
    since = lagging.length > 0 ? undefined : (since ?? now());
    const left = since === undefined || stage !== 'trust' ? 0 : since + options.mountMs - now();
    const progress = { stage, behind: left > 0 ? [mounting(left)] : lagging };
    onProgress(progress);
    // What is only being carried into pods needs no more than its time.
    if (left <= 0 && (lagging.length === 0 || now() >= late)) return progress;
    await sleep(pollMs);
  }
}

function mounting(left: number): Behind {
  const why = `the kubelets carry the ConfigMaps into the pods, ${Math.ceil(left / 1000)} s more`;
  return { who: '', kind: 'namespace', why };
}
