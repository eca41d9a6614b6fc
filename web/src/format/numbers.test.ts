import { expect, test } from 'vitest';
import { formatAge, formatBytes, formatCores, formatMs, formatRate, formatShare } from './numbers.ts';

test('rates', () => {
  expect([0, 0.004, 0.25, 1, 12.34, 99.96, 1240, Number.NaN].map(formatRate)).toEqual([
    ...['0', '<0.01', '0.25', '1', '12.3', '100', '1,240', '–'],
  ]);
});

test('a share that is not all or nothing never reads as such', () => {
  expect([null, 0, 1, 0.0004, 0.9996, 0.125, 0.5].map(formatShare)).toEqual([
    ...['–', '0 %', '100 %', '<0.1 %', '>99.9 %', '12.5 %', '50 %'],
  ]);
});

test('durations', () => {
  expect([null, 0.42, 12.4, 999, 1250, 60_000].map(formatMs)).toEqual([
    '–',
    '0.4 ms',
    '12 ms',
    '999 ms',
    '1.25 s',
    '60 s',
  ]);
  expect([-5, 4000, 119_000, 720_000, 10_800_000, 432_000_000].map(formatAge)).toEqual([
    ...['0 s', '4 s', '119 s', '12 min', '3 h', '5 d'],
  ]);
});

test('bytes and cores', () => {
  expect([null, 12, 1500, 31_000_000].map(formatBytes)).toEqual(['–', '12 B', '1.5 kB', '31 MB']);
  expect([null, 0.0124, 1.5].map(formatCores)).toEqual(['–', '12m', '1.5']);
});
