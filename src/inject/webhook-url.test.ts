import { expect, test } from 'vitest';
import { parseUrlParameters } from './webhook-url.ts';

test.each([
  ['', {}],
  ['/', {}],
  ['cluster/east', { cluster: 'east' }],
  ['cluster/east/net/n1/KEY/a--slash--b/', { cluster: 'east', net: 'n1', KEY: 'a/b' }],
  [':ENV:cluster=east:ENV:net=a=b', { cluster: 'east', net: 'a=b' }],
])('%s', (path, expected) => {
  expect(parseUrlParameters(path)).toEqual(expected);
});

test.each(['cluster', 'a/b/c', '/x', 'a b/c', ':ENV:novalue', ':ENV:=x'])('%s is refused', (path) => {
  expect(() => parseUrlParameters(path)).toThrow(expect.objectContaining({ code: 'OR1112' }));
});
