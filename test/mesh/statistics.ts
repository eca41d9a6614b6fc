import { expect } from 'vitest';
import type { LoadResult } from '../../src/playground/sample-app/load.ts';

/** So many of `n` are within four standard deviations of a share: one run in 16,000 is not. */
export function expectShare(count: number, n: number, percent: number): void {
  const p = percent / 100;
  const sigma = Math.sqrt(n * p * (1 - p));
  expect(Math.abs(count - n * p), `${count} of ${n} for ${percent} %`).toBeLessThanOrEqual(4 * sigma + 1e-9);
}

/** Every answer was 200, in these shares of versions. */
export function expectSplit(result: LoadResult, n: number, shares: Readonly<Record<string, number>>): void {
  expect(result.statuses).toEqual({ 200: n });
  expect(Object.keys(result.versions).sort()).toEqual(Object.keys(shares).sort());
  for (const [version, percent] of Object.entries(shares)) expectShare(result.versions[version] ?? 0, n, percent);
}
