import type { OutriggerError } from '../errors.ts';
import type { ServingPair } from './serving-pair.ts';

/** Where the server's certificate comes from, now and later. */
export interface ServingCertificates {
  /** The first pair. Throws OR15xx: without a certificate nothing is served. */
  load(): Promise<ServingPair>;
  /** Tells of every later pair, and of every failure to get one, until the signal aborts. */
  watch(listener: PairListener, signal: AbortSignal): void;
}

export interface PairListener {
  onPair(pair: ServingPair): void;
  /** The last good pair stays in use. */
  onFailure(error: OutriggerError): void;
}

/** Injected, so that tests turn the clock. */
export interface Clock {
  now(): Date;
  /** Calls `task` once after `milliseconds`; the result cancels it. Never keeps the process alive. */
  after(milliseconds: number, task: () => void): () => void;
  /** In [0, 1). */
  random(): number;
}

export const systemClock: Clock = {
  now: () => new Date(),
  after: (milliseconds, task) => {
    const timer = setTimeout(task, milliseconds);
    timer.unref();
    return () => clearTimeout(timer);
  },
  random: Math.random,
};
