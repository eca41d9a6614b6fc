import { expect, test } from 'vitest';
import { buildHostCover } from './host-cover.ts';

test.each([
  [['a.b'], 'a.b', 'a.b'],
  [['a.b'], 'b', undefined],
  [['*'], 'a', '*'],
  [['*.b'], 'a.b', '*.b'],
  [['*.b'], 'x.a.b', '*.b'],
  [['*.b'], 'b', undefined],
  [['*.b'], '.b', undefined],
  [['*.b'], '*.a.b', '*.b'],
  [['*.a.b'], '*.b', undefined],
  [['*b'], '*.b', '*b'],
  [['*', '*.b'], 'a.b', '*.b'],
])('of %j, %j is under %j', (hosts, name, expected) => {
  expect(buildHostCover(hosts).find(name)).toBe(expected);
});

test('a host does not stand for itself where another is asked for', () => {
  const cover = buildHostCover(['*.b', 'a', 'c.b']);
  expect(['*.b', 'a', 'c.b'].map(cover.findOther)).toEqual([undefined, undefined, '*.b']);
  expect(buildHostCover(['*', '*.b']).findOther('*.b')).toBe('*');
});
