import { expect, test } from 'vitest';
import { parseDuration } from './duration.ts';

test.each([
  ['5s', 5000],
  ['1.5s', 1500],
  ['.5s', 500],
  ['1.s', 1000],
  ['100ms', 100],
  ['1h30m', 5_400_000],
  ['2us', 0.002],
  ['2µs', 0.002],
  ['0', 0],
  ['-1s', -1000],
  ['', undefined],
  ['5', undefined],
  ['5 s', undefined],
  ['s', undefined],
  ['1d', undefined],
  ['5S', undefined],
  ['1e3s', undefined],
])('%j is %j ms', (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});
