import type { ServerHttp2Session } from 'node:http2';
import type { Clock } from '../clock.ts';

export interface KeepaliveTimes {
  /** Between two signs of life that are asked of a client. A connection without a call for so long ends. */
  readonly keepaliveMs: number;
  readonly keepaliveTimeoutMs: number;
}

export interface ConnectionOptions {
  readonly session: ServerHttp2Session;
  /** Ends it at once, whatever is to be written. */
  readonly cut: () => void;
  readonly clock: Clock;
  readonly times: KeepaliveTimes;
}

/** One connection: a client that answers no ping is gone, and one without a call holds a place for nothing. */
export class Connection {
  readonly #session: ServerHttp2Session;
  readonly #cut: () => void;
  readonly #clock: Clock;
  readonly #times: KeepaliveTimes;
  #calls = 0;
  #used = true;
  #cancel: () => void = () => undefined;

  constructor({ session, cut, clock, times }: ConnectionOptions) {
    this.#session = session;
    this.#cut = cut;
    this.#clock = clock;
    this.#times = times;
    // Whatever happened to it: it is closed after this.
    session.on('error', () => undefined);
    session.on('close', () => this.#cancel());
    this.#arm();
  }

  #arm(): void {
    this.#cancel = this.#clock.after(this.#times.keepaliveMs, () => this.#look());
  }

  #look(): void {
    const session = this.#session;
    this.#cancel = this.#clock.after(this.#times.keepaliveTimeoutMs, this.#cut);
    if (this.#calls === 0 && !this.#used) {
      session.close();
      return;
    }
    this.#used = this.#calls > 0;
    session.ping((error) => {
      if (error !== null || session.destroyed) return;
      this.#cancel();
      this.#arm();
    });
  }

  callBegan(): void {
    this.#calls += 1;
    this.#used = true;
  }

  callEnded(): void {
    this.#calls -= 1;
  }
}
