/** Who waits for its turn to be pushed. */
export interface Pushable {
  push(): void;
}

export interface PushQueueOptions {
  /** Milliseconds of any origin. */
  readonly now: () => number;
  /** Runs when the event loop has looked at everything else: `setImmediate`. */
  readonly defer: (run: () => void) => void;
  /** After so long the event loop gets its turn. Milliseconds. */
  readonly sliceMs?: number;
}

/**
 * Proxies that a change concerns, first come first served; one that is in the queue is not put into it again. There
 * is no debounce: the first change goes out in the same turn of the event loop, and a storm is met by the proxies
 * themselves, as one that has not acknowledged is pushed nothing new.
 */
export class PushQueue {
  readonly #options: PushQueueOptions;
  readonly #waiting = new Set<Pushable>();
  #scheduled = false;

  constructor(options: PushQueueOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#waiting.size;
  }

  add(proxy: Pushable): void {
    this.#waiting.add(proxy);
    this.#schedule();
  }

  remove(proxy: Pushable): void {
    this.#waiting.delete(proxy);
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.size === 0) return;
    this.#scheduled = true;
    this.#options.defer(() => {
      this.#scheduled = false;
      this.#runSlice();
      this.#schedule();
    });
  }

  #runSlice(): void {
    const { now, sliceMs = 10 } = this.#options;
    const end = now() + sliceMs;
    for (const proxy of this.#waiting) {
      this.#waiting.delete(proxy);
      proxy.push();
      if (now() >= end) return;
    }
  }
}
