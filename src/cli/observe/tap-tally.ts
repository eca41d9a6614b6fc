import type { TapState } from '../../dashboard/api-types.ts';

export interface TapTallyOptions {
  /** Lines, undefined for any number. */
  readonly limit: number | undefined;
  readonly tell: (text: string) => void;
  /** The address of one dashboard was given: what other replicas serve is not asked for. */
  readonly oneReplica: boolean;
}

/** What is told beside the lines themselves: how many proxies tell, and what is left out. */
export class TapTally {
  readonly #options: TapTallyOptions;
  readonly #states = new Map<string, TapState>();
  readonly #leftOut = new Map<string, number>();
  #printed = 0;
  #said = '';

  constructor(options: TapTallyOptions) {
    this.#options = options;
  }

  /** False: there are enough. */
  mayPrint(): boolean {
    if (this.isDone) return false;
    this.#printed += 1;
    return true;
  }

  get isDone(): boolean {
    return this.#options.limit !== undefined && this.#printed >= this.#options.limit;
  }

  /** Each replica knows all proxies, and serves some. */
  state(replica: string, state: TapState): void {
    this.#states.set(replica, state);
    const states = [...this.#states.values()];
    const ready = states.reduce((sum, one) => sum + one.ready, 0);
    const proxies = Math.max(...states.map((one) => one.proxies));
    const elsewhere = proxies - states.reduce((sum, one) => sum + one.here, 0);
    const others =
      this.#options.oneReplica && elsewhere > 0
        ? ` Other replicas serve ${elsewhere}: without --dashboard-url each is asked.`
        : '';
    const text = `${ready} of ${proxies} proxies tell.${others}`;
    if (text !== this.#said) this.#options.tell(text);
    this.#said = text;
  }

  leftOut(replica: string, count: number): void {
    this.#leftOut.set(replica, count);
  }

  failed({ code, message }: { readonly code: string; readonly message: string }): void {
    this.#options.tell(`${code} ${message}`);
  }

  end(): void {
    const leftOut = [...this.#leftOut.values()].reduce((sum, one) => sum + one, 0);
    if (leftOut > 0) this.#options.tell(`At least ${leftOut} requests more were left out: see --max-rps.`);
  }
}
