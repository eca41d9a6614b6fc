import { expect, test } from 'vitest';
import { claimsOf } from './claims.ts';
import { isCatchAll, routeMatchOf } from './match.ts';

const match = {
  headers: {
    '@request.auth.claims.groups.team': { exact: 'a' },
    '@request.auth.claims[https://a.b/c][d]': { prefix: 'x' },
    'x-other': { exact: 'y' },
  },
  withoutHeaders: { '@request.auth.claims.sub': {} },
};

test('claims among headers are conditions on the token', () => {
  expect(claimsOf(match)).toEqual([
    { path: ['groups', 'team'], match: { kind: 'exact', value: 'a' }, invert: false },
    { path: ['https://a.b/c', 'd'], match: { kind: 'prefix', value: 'x' }, invert: false },
    { path: ['sub'], match: { kind: 'present' }, invert: true },
  ]);
  expect(routeMatchOf(match).headers.map(({ name }) => name)).toEqual(['x-other']);
});

test('a rule on claims is not for every request', () => {
  expect(isCatchAll(routeMatchOf({ headers: { '@request.auth.claims.sub': {} } }))).toBe(false);
  expect(isCatchAll(routeMatchOf({}))).toBe(true);
});
