/** Time as a parameter, so that tests need not wait. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs once after `ms`; the answer cancels it. Does not keep the process alive. */
  after(ms: number, run: () => void): () => void;
}
