import { vi } from 'vitest';

/** Until the expectation holds. A machine that does much else takes its time, and a test of "at all" must not end before it. */
export const eventually = <T>(expectation: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(expectation, { timeout: 30_000 });
