import { expect, test } from 'vitest';
import { parseQuantity } from './quantity.ts';

test.each<[string, number | undefined]>([
  ['100m', 0.1],
  ['2000m', 2],
  ['2', 2],
  ['1.5Gi', 1.5 * 2 ** 30],
  ['1e3', 1000],
  ['1E3', 1000],
  ['2E', 2e18],
  ['.5', 0.5],
  ['+1', 1],
  ['0', 0],
  ['-1', undefined],
  ['1e400', undefined],
  ['', undefined],
  ['Mi', undefined],
  ['1 Gi', undefined],
  ['1K', undefined],
  ['1mi', undefined],
  ['0x10', undefined],
  ['NaN', undefined],
  ['1\u0000', undefined],
])('%j', (text, value) => expect(parseQuantity(text)).toBe(value));
