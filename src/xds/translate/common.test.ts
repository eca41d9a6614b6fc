import { expect, test } from 'vitest';
import { duration } from './common.ts';

test.each([
  [0, '0s'],
  [1500, '1.5s'],
  [10, '0.01s'],
  [0.000001, '0.000000001s'],
  [100_000, '100s'],
  [3_600_000_000, '3600000s'],
])('%d ms as protobuf prints it: %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});
