/** Says whether something may be said again: a proxy that comes back every second with the same fault is one line a minute. */
export class Seldom {
  readonly #everyMs: number;
  readonly #most: number;
  readonly #said = new Map<string, number>();

  /** `most` bounds the memory: beyond it the oldest is forgotten. */
  constructor(everyMs: number, most = 10_000) {
    this.#everyMs = everyMs;
    this.#most = most;
  }

  mayBeSaid(what: string, now: number): boolean {
    const last = this.#said.get(what);
    // After `now` it is of a clock that was set back since.
    if (last !== undefined && last <= now && now - last < this.#everyMs) return false;
    this.#said.delete(what);
    this.#said.set(what, now);
    if (this.#said.size > this.#most) {
      for (const oldest of this.#said.keys()) {
        this.#said.delete(oldest);
        break;
      }
    }
    return true;
  }
}
