import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HostIndex, hostCovers, resolveHost } from './hosts.ts';

test('short names are of the namespace of their resource, all others stand as they are', () => {
  expect(resolveHost('reviews', 'shop', 'cluster.local')).toBe('reviews.shop.svc.cluster.local');
  expect(resolveHost('Reviews.other', 'shop', 'cluster.local')).toBe('reviews.other');
  expect(resolveHost('*', 'shop', 'cluster.local')).toBe('*');
  expect(resolveHost('*.example.com', 'shop', 'cluster.local')).toBe('*.example.com');
});

test.each([
  ['*.a.com', 'x.a.com', true],
  ['*.a.com', 'a.com', false],
  ['*.a.com', '*.b.a.com', true],
  ['*', 'anything', true],
  ['a.com', 'a.com', true],
  ['a.com', 'b.a.com', false],
])('%s covers %s: %s', (pattern, host, expected) => expect(hostCovers(pattern, host)).toBe(expected));

const host = fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'));
const pattern = fc.oneof(
  host,
  host.map((name) => `*.${name}`),
  fc.constant('*'),
);

test('an index finds what looking at every entry finds: exact, then the longest wildcard, of two the first', () => {
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 12 }), host, (patterns, wanted) => {
      const index = new HostIndex<number>();
      for (const [place, entry] of patterns.entries()) index.add(entry, place);
      const exact = patterns.indexOf(wanted);
      const fitting = patterns.filter((entry) => entry.startsWith('*') && hostCovers(entry, wanted));
      const longest = [...fitting].sort((a, b) => b.length - a.length)[0];
      const expected = exact >= 0 ? exact : longest === undefined ? undefined : patterns.indexOf(longest);
      expect(index.find(wanted)).toBe(expected);
    }),
  );
});
