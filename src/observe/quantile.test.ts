import { expect, test } from 'vitest';
import { Buckets } from './buckets.ts';
import { quantiles } from './quantile.ts';

/** Cumulative, as a proxy has them. */
function buckets(counts: Readonly<Record<number, number>>): Buckets {
  const made = new Buckets();
  for (const [edge, count] of Object.entries(counts)) made.add(Number(edge), count);
  made.add(Number.POSITIVE_INFINITY, Math.max(...Object.values(counts)));
  return made;
}

test('as histogram_quantile: even between the last empty edge and the first one that counts', () => {
  expect(quantiles([0.5, 0.95], buckets({ 250: 100 }))).toEqual([175, 242.5]);
  expect(quantiles([0.5], buckets({ 0.5: 10 }))).toEqual([0.25]);
  expect(quantiles([0.5], buckets({ 5: 50, 10: 100 }))).toEqual([5]);
});

test('buckets of nobody are not counted, nothing counted is no quantile', () => {
  const odd = new Buckets();
  for (let edge = 0; edge < 1000; edge++) odd.add(edge + 0.123, 5);
  expect(quantiles([0.5], odd)).toEqual([null]);
  expect(quantiles([0.5], buckets({ 250: 100 }))).toEqual([175]);
});
