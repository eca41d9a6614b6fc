import type { Slot } from './slot.ts';

/** Addresses of pods, given out in turn: one that was just returned is the last to be given again. */
export class IpPool {
  readonly #prefix: string;
  readonly #used = new Set<number>();
  #last = 255;

  constructor(slot: Pick<Slot, 'podPrefix'>) {
    this.#prefix = slot.podPrefix;
  }

  take(): { readonly ip: string; readonly number: number } {
    for (let tries = 0; tries < 65_000; tries++) {
      this.#last = this.#last >= 65_000 ? 256 : this.#last + 1;
      if ((this.#last & 255) === 0 || (this.#last & 255) === 255 || this.#used.has(this.#last)) continue;
      this.#used.add(this.#last);
      return { ip: `${this.#prefix}.${this.#last >> 8}.${this.#last & 255}`, number: this.#last };
    }
    throw new Error('every pod address is in use');
  }

  give(number: number): void {
    this.#used.delete(number);
  }
}
