import type { Clock } from './clock.ts';
import {
  type BackoffOptions,
  defaultBackoff,
  type Effect,
  type Failure,
  initialState,
  type ListWatchState,
  type Signal,
  step,
  type WatchEvent,
} from './list-watch-state.ts';

export interface Page<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
  /** '' on the last page. */
  readonly continueToken: string;
}

/** One kind of object on the other side. Both reject with a `TransportFailure`; anything else counts as unreachable. */
export interface ListWatchTransport<T> {
  list(continueToken: string, signal: AbortSignal): Promise<Page<T>>;
  /** Resolves when the server ends the watch in order. */
  watch(resourceVersion: string, onEvent: (event: WatchEvent<T>) => void, signal: AbortSignal): Promise<void>;
  /** Credentials were refused: read them again before the next call. */
  reauthenticate(): void;
}

export class TransportFailure extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, cause?: unknown) {
    super(failure.message, { cause });
    this.name = 'TransportFailure';
    this.failure = failure;
  }
}

/** What the driver tells its owner. */
export interface ListWatchSink<T> {
  replace(items: readonly T[]): void;
  upsert(item: T): void;
  remove(item: T): void;
  /** A failure and the wait, in milliseconds, before the next attempt. */
  problem(failure: Failure, retryInMs: number): void;
  /** The sink threw; at an object, where there is one. All else goes on. */
  fault(error: unknown, item?: T): void;
}

export interface ListWatchOptions<T> {
  readonly transport: ListWatchTransport<T>;
  readonly sink: ListWatchSink<T>;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly backoff?: BackoffOptions;
  /** A watch without a single event (bookmarks come about every minute) for so long is dead. Milliseconds. */
  readonly idleMs?: number;
  /** A page of a list that takes longer has failed. Milliseconds. */
  readonly listTimeoutMs?: number;
}

/** Plays the state machine against a transport until the signal of `start` aborts. */
export class ListWatch<T> {
  readonly #options: ListWatchOptions<T>;
  #state: ListWatchState<T> = initialState();
  #stopped = false;
  #attempt = new AbortController();
  #cancelTimer: () => void = () => undefined;

  constructor(options: ListWatchOptions<T>) {
    this.#options = options;
  }

  get synced(): boolean {
    return this.#state.synced;
  }

  get phase(): ListWatchState<T>['phase'] {
    return this.#state.phase;
  }

  start(signal: AbortSignal): void {
    if (signal.aborted) return;
    signal.addEventListener('abort', () => this.#stop(), { once: true });
    this.#handle({ type: 'start' });
  }

  #stop(): void {
    this.#stopped = true;
    this.#cancelTimer();
    this.#attempt.abort();
  }

  #handle(signal: Signal<T>): void {
    if (this.#stopped) return;
    const next = step(this.#state, signal, this.#options.random(), this.#options.backoff ?? defaultBackoff);
    this.#state = next.state;
    for (const effect of next.effects) this.#play(effect);
  }

  #play(effect: Effect<T>): void {
    const { transport } = this.#options;
    switch (effect.do) {
      case 'list':
        this.#list(effect.continueToken);
        break;
      case 'watch':
        this.#watch(effect.resourceVersion);
        break;
      case 'wait':
        this.#wait(effect.ms, effect.failure);
        break;
      case 'replace':
        this.#replace(effect.items);
        break;
      case 'upsert':
        this.#tell((sink) => sink.upsert(effect.item), effect.item);
        break;
      case 'remove':
        this.#tell((sink) => sink.remove(effect.item), effect.item);
        break;
      case 'reauthenticate':
        transport.reauthenticate();
        break;
    }
  }

  /** Of a list that cannot be taken whole, each object is taken by itself. */
  #replace(items: readonly T[]): void {
    try {
      this.#options.sink.replace(items);
    } catch (error) {
      if (items.length === 0) this.#options.sink.fault(error);
      for (const item of items) this.#tell((sink) => sink.upsert(item), item);
    }
  }

  /** What goes wrong with one object is no failure of the watch: asked again, the server would say the same. */
  #tell(act: (sink: ListWatchSink<T>) => void, item?: T): void {
    const { sink } = this.#options;
    try {
      act(sink);
    } catch (error) {
      sink.fault(error, item);
    }
  }

  #list(continueToken: string): void {
    const attempt = this.#newAttempt();
    const current = () => attempt === this.#attempt && !this.#stopped;
    this.#arm(this.#options.listTimeoutMs ?? 30_000, 'the list took too long');
    this.#options.transport.list(continueToken, attempt.signal).then(
      (page) => current() && this.#handle({ type: 'page', ...page }),
      (error) => current() && this.#handle({ type: 'failed', failure: failureOf(error) }),
    );
  }

  #watch(resourceVersion: string): void {
    const attempt = this.#newAttempt();
    const current = () => attempt === this.#attempt && !this.#stopped;
    const { clock, transport, idleMs = 150_000 } = this.#options;
    const since = clock.now();
    const silence = `nothing came for ${Math.round(idleMs / 1000)} s`;
    const onEvent = (event: WatchEvent<T>) => {
      if (!current()) return;
      this.#arm(idleMs, silence);
      this.#handle({ type: 'event', event });
    };
    this.#arm(idleMs, silence);
    transport.watch(resourceVersion, onEvent, attempt.signal).then(
      () => current() && this.#handle({ type: 'ended', afterMs: clock.now() - since }),
      (error) => current() && this.#handle({ type: 'failed', failure: failureOf(error) }),
    );
  }

  #wait(ms: number, failure: Failure): void {
    this.#newAttempt();
    this.#tell((sink) => sink.problem(failure, ms));
    this.#cancelTimer = this.#options.clock.after(ms, () => this.#handle({ type: 'timer' }));
  }

  /** Ends the call under way and makes whatever it still says unheard. */
  #newAttempt(): AbortController {
    this.#cancelTimer();
    const previous = this.#attempt;
    this.#attempt = new AbortController();
    previous.abort();
    return this.#attempt;
  }

  #arm(ms: number, message: string): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#options.clock.after(ms, () =>
      this.#handle({ type: 'failed', failure: { kind: 'idle', message } }),
    );
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof TransportFailure) return error.failure;
  return { kind: 'unreachable', message: error instanceof Error ? error.message : String(error) };
}
