import type { Socket } from 'node:net';
import type { Clock } from '../clock.ts';

export interface HandshakesOptions {
  readonly atOnce: number;
  /** Then the next may begin all the same: clients that say nothing hold up nobody. */
  readonly patienceMs: number;
  readonly clock: Clock;
  readonly begin: (socket: Socket) => void;
}

/**
 * The order of connections that begin TLS. A handshake takes the processor for a millisecond, and after a restart a thousand
 * proxies ask for one in the same turn of the event loop, in which nobody else would be served for a second.
 */
export class Handshakes {
  readonly #options: HandshakesOptions;
  readonly #waiting = new Set<Socket>();
  /** By address and port of the client, with the timers of their patience. */
  readonly #running = new Map<string, () => void>();

  constructor(options: HandshakesOptions) {
    this.#options = options;
  }

  add(socket: Socket): void {
    this.#waiting.add(socket);
    // Nobody else listens to it yet.
    socket.once('error', () => socket.destroy());
    socket.once('close', () => this.#waiting.delete(socket));
    this.#next();
  }

  /** It has its keys, or will never have them. */
  done({ remoteAddress, remotePort }: Pick<Socket, 'remoteAddress' | 'remotePort'>): void {
    this.#release(`${remoteAddress} ${remotePort}`);
  }

  #next(): void {
    const { atOnce, patienceMs, clock, begin } = this.#options;
    for (const socket of this.#waiting) {
      if (this.#running.size >= atOnce) return;
      this.#waiting.delete(socket);
      const who = `${socket.remoteAddress} ${socket.remotePort}`;
      this.#running.set(
        who,
        clock.after(patienceMs, () => this.#release(who)),
      );
      begin(socket);
    }
  }

  #release(who: string): void {
    const cancel = this.#running.get(who);
    if (cancel === undefined) return;
    cancel();
    this.#running.delete(who);
    this.#next();
  }
}
