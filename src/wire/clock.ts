/** Time as a parameter, so that tests need not wait. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs once after `ms`; the answer cancels it. Does not keep the process alive. */
  after(ms: number, run: () => void): () => void;
}

/**
 * Waits of the wire are all for how long something lasts: whoever sets the time of day of this machine ends none of them. A
 * stream that was open on a token of an hour is open for an hour, and by it come the certificates of the new time.
 */
export const wireClock: Clock = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
