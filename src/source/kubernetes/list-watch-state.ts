/**
 * The protocol of list and watch as a pure state machine: signals in, effects out. The driver (`list-watch.ts`)
 * plays the effects. Rules: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 *
 *              page (last)                 ended
 *   listing ───────────────► watching ─────────────┐
 *      ▲  ▲                    │   ▲               │
 *      │  └─ page (more)       │   └───────────────┘
 *      │ timer, no version     │ failed, ERROR event, ended at once
 *      └──────── waiting ◄─────┘
 *                   └── timer, version known ──► watching
 *
 * Nothing here ever empties the store: objects go only by a DELETED event or by a complete new list.
 */
export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly item: T; readonly resourceVersion: string }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string }
  | { readonly type: 'ERROR'; readonly failure: Failure };

/**
 * gone: the version is no longer in the server's history (410). refused: an answer of 4xx or 5xx that is none of the
 * others. absent: the API does not have this kind (its CRD is not installed), so there is nothing of it. idle: nothing came for so long that the connection must be dead. garbage: an answer that is not understood.
 */
export type FailureKind =
  | 'gone'
  | 'unauthorized'
  | 'forbidden'
  | 'throttled'
  | 'absent'
  | 'refused'
  | 'unreachable'
  | 'idle'
  | 'garbage';

export interface Failure {
  readonly kind: FailureKind;
  readonly message: string;
  /** The server's wish (Retry-After), in milliseconds. */
  readonly retryAfterMs?: number;
}

export interface ListWatchState<T> {
  readonly phase: 'new' | 'listing' | 'watching' | 'waiting';
  /** Where a watch resumes; '' when only a new list helps. */
  readonly resourceVersion: string;
  /** Pages of the list under way. */
  readonly staged: readonly T[];
  /** In a row, since the last sign of progress. */
  readonly failures: number;
  /** Whether the watch under way has said anything. */
  readonly progress: boolean;
  /** True from the first complete list on, or from the answer that there is no such kind. */
  readonly synced: boolean;
}

export type Signal<T> =
  | { readonly type: 'start' }
  | {
      readonly type: 'page';
      readonly items: readonly T[];
      readonly resourceVersion: string;
      readonly continueToken: string;
    }
  | { readonly type: 'event'; readonly event: WatchEvent<T> }
  /** The server closed the watch in order, `afterMs` after it was asked for. */
  | { readonly type: 'ended'; readonly afterMs: number }
  | { readonly type: 'failed'; readonly failure: Failure }
  | { readonly type: 'timer' };

export type Effect<T> =
  | { readonly do: 'list'; readonly continueToken: string }
  | { readonly do: 'watch'; readonly resourceVersion: string }
  | { readonly do: 'wait'; readonly ms: number; readonly failure: Failure }
  | { readonly do: 'replace'; readonly items: readonly T[] }
  | { readonly do: 'upsert'; readonly item: T }
  | { readonly do: 'remove'; readonly item: T }
  | { readonly do: 'reauthenticate' };

export interface Step<T> {
  readonly state: ListWatchState<T>;
  readonly effects: readonly Effect<T>[];
}

export interface BackoffOptions {
  /** Milliseconds of the first wait, before jitter. */
  readonly baseMs: number;
  readonly capMs: number;
}

export const defaultBackoff: BackoffOptions = { baseMs: 250, capMs: 30_000 };

/** After so many failures in a row that are neither network nor wait, the version itself is suspect: list anew. */
const failuresBeforeRelist = 3;
/** A watch that ends sooner without a word is a failure (a broken proxy would be asked in a tight loop). */
const shortWatchMs = 1_000;

export function initialState<T>(): ListWatchState<T> {
  return { phase: 'new', resourceVersion: '', staged: [], failures: 0, progress: false, synced: false };
}

/** `random` in [0, 1) spreads the waits of replicas; `backoff` bounds them. */
export function step<T>(
  state: ListWatchState<T>,
  signal: Signal<T>,
  random: number,
  backoff: BackoffOptions = defaultBackoff,
): Step<T> {
  switch (signal.type) {
    case 'start':
      return list(state);
    case 'page':
      return page(state, signal);
    case 'event':
      return event(state, signal.event, random, backoff);
    case 'ended':
      return ended(state, signal.afterMs, random, backoff);
    case 'failed':
      return failed(state, signal.failure, random, backoff);
    case 'timer':
      return state.resourceVersion === '' ? list(state) : watch(state);
  }
}

function list<T>(state: ListWatchState<T>): Step<T> {
  return {
    state: { ...state, phase: 'listing', resourceVersion: '', staged: [] },
    effects: [{ do: 'list', continueToken: '' }],
  };
}

function watch<T>(state: ListWatchState<T>): Step<T> {
  return {
    state: { ...state, phase: 'watching', progress: false },
    effects: [{ do: 'watch', resourceVersion: state.resourceVersion }],
  };
}

function page<T>(state: ListWatchState<T>, signal: Extract<Signal<T>, { type: 'page' }>): Step<T> {
  const staged = [...state.staged, ...signal.items];
  if (signal.continueToken !== '') {
    return { state: { ...state, staged }, effects: [{ do: 'list', continueToken: signal.continueToken }] };
  }
  const next = watch({ ...state, staged: [], synced: true, resourceVersion: signal.resourceVersion });
  return { state: next.state, effects: [{ do: 'replace', items: staged }, ...next.effects] };
}

function event<T>(state: ListWatchState<T>, event: WatchEvent<T>, random: number, backoff: BackoffOptions): Step<T> {
  if (event.type === 'ERROR') return failed(state, event.failure, random, backoff);
  const moved = { ...state, resourceVersion: event.resourceVersion, progress: true, failures: 0 };
  if (event.type === 'BOOKMARK') return { state: moved, effects: [] };
  return { state: moved, effects: [{ do: event.type === 'DELETED' ? 'remove' : 'upsert', item: event.item }] };
}

function ended<T>(state: ListWatchState<T>, afterMs: number, random: number, backoff: BackoffOptions): Step<T> {
  if (!state.progress && afterMs < shortWatchMs) {
    const failure: Failure = { kind: 'refused', message: `the watch ended after ${Math.round(afterMs)} ms` };
    return failed(state, failure, random, backoff);
  }
  return watch({ ...state, failures: 0 });
}

function failed<T>(state: ListWatchState<T>, failure: Failure, random: number, backoff: BackoffOptions): Step<T> {
  const failures = state.failures + 1;
  const suspect = failures >= failuresBeforeRelist && failure.kind === 'refused';
  const absent = failure.kind === 'absent';
  const relist = failure.kind === 'gone' || failure.kind === 'garbage' || absent || suspect;
  const ms = Math.max(failure.retryAfterMs ?? 0, waitMs(failures, random, backoff));
  return {
    state: {
      ...state,
      phase: 'waiting',
      failures,
      staged: [],
      synced: state.synced || absent,
      resourceVersion: relist ? '' : state.resourceVersion,
    },
    effects: [
      ...(failure.kind === 'unauthorized' ? [{ do: 'reauthenticate' } as const] : []),
      { do: 'wait', ms, failure },
    ],
  };
}

/** Exponential, capped, with jitter over its upper half: never a tight loop, never in step with the other replica. */
export function waitMs(failures: number, random: number, backoff: BackoffOptions): number {
  const ceiling = Math.min(backoff.capMs, backoff.baseMs * 2 ** Math.min(failures - 1, 30));
  return ceiling / 2 + (ceiling / 2) * random;
}
