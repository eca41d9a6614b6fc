import { expect, test } from 'vitest';
import { leaveOuts } from './leave-outs.ts';

const trials = (items: string) => [...leaveOuts([...items])].map((some) => some.join(''));

test('each alone, each two, all: the last ones first', () => {
  expect(trials('')).toEqual([]);
  expect(trials('a')).toEqual(['a']);
  expect(trials('ab')).toEqual(['b', 'a', 'ab']);
  expect(trials('abc')).toEqual(['c', 'b', 'a', 'cb', 'ca', 'ba', 'abc']);
});

test('a long list: 32 trials, and all', () => {
  const many = Array.from({ length: 5_000 }, (_, index) => index);
  const found = [...leaveOuts(many)];
  expect(found).toHaveLength(33);
  expect(found[0]).toEqual([4_999]);
  expect(found.at(-1)).toEqual(many);
});
