import { LeaderLease, type LeaderLeaseOptions } from './leader-lease.ts';

/**
 * The Lease of this replica, for all that must happen once in a cluster. Nobody asks for it before there is something of
 * that kind to do.
 */
export class Leadership {
  readonly #lease: LeaderLease;
  readonly #listeners = new Set<() => void>();
  #signal: AbortSignal | undefined;
  #isNeeded = false;
  #isStarted = false;

  constructor(options: Omit<LeaderLeaseOptions, 'onLead'>) {
    this.#lease = new LeaderLease({
      ...options,
      onLead: () => {
        for (const listener of this.#listeners) listener();
      },
    });
  }

  get leads(): boolean {
    return this.#lease.leads;
  }

  /** Told each time this replica becomes the leader. */
  onLead(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Of several who start it the first counts: they end together. */
  start(signal: AbortSignal): void {
    this.#signal ??= signal;
    this.#ask();
  }

  need(): void {
    this.#isNeeded = true;
    this.#ask();
  }

  #ask(): void {
    if (this.#isStarted || !this.#isNeeded || this.#signal === undefined || this.#signal.aborted) return;
    this.#isStarted = true;
    this.#lease.start(this.#signal);
  }
}
