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

/** So soon it is noticed that the time of day has jumped, or that the machine has slept. */
const longestStepMs = 10_000;

/**
 * A wait ends when its time has passed by either clock: certificates end by the time of day, which jumps and goes on while
 * a machine sleeps, and a jump backwards must not make anybody wait for ever.
 */
export const systemClock: Clock = {
  now: () => new Date(),
  after: (milliseconds, task) => {
    const [day, steady] = [Date.now() + milliseconds, performance.now() + milliseconds];
    let timer: NodeJS.Timeout | undefined;
    const wait = (left: number) => {
      timer = setTimeout(look, Math.min(left, longestStepMs));
      timer.unref();
    };
    const look = () => {
      const left = Math.min(day - Date.now(), steady - performance.now());
      if (left <= 0) task();
      else wait(left);
    };
    wait(milliseconds);
    return () => clearTimeout(timer);
  },
  random: Math.random,
};
