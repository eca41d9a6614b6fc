import { expect, test } from 'vitest';
import { routeMatchOf } from '../policy/virtual-service/match.ts';
import { fitsRoute } from './route-match.ts';
import { requestTo, urlOf } from './route-request.ts';

type Match = Parameters<typeof routeMatchOf>[0];
const ask = (...matches: Match[]) => requestTo(matches.map(routeMatchOf), matches.length - 1, 'cart.shop:80');

test.each<[string, Match[], string]>([
  ['a prefix', [{ uri: { prefix: '/api' } }], 'GET http://cart.shop:80/api'],
  [
    'behind its own beginning',
    [{ uri: { exact: '/api' } }, { uri: { prefix: '/api' } }],
    'GET http://cart.shop:80/api/any-path',
  ],
  ['all that is left', [{ uri: { exact: '/' } }, {}], 'GET http://cart.shop:80/any-path'],
  ['a method', [{ method: { exact: 'PUT' } }], 'PUT http://cart.shop:80/'],
  ['a query', [{ queryParams: { a: { exact: 'b c' } } }], 'GET http://cart.shop:80/?a=b+c'],
  ['an expression', [{ uri: { regex: '/v[12]/items/\\d+' } }], 'GET http://cart.shop:80/v1/items/1'],
])('%s has a request', (_, matches, wanted) => {
  const request = ask(...matches);
  expect(request === undefined ? undefined : `${request.method} ${urlOf(request)}`).toBe(wanted);
});

test('headers are those that are asked for', () => {
  const match = { headers: { 'user-agent': { regex: '.*Chrome.*' }, 'x-user': { exact: 'jason' } } };
  expect(ask(match)?.headers).toEqual({ 'user-agent': 'Chrome', 'x-user': 'jason' });
});

test.each<[string, Match[]]>([
  ['behind one that takes all', [{}, { uri: { prefix: '/a' } }]],
  ['with a claim of a token', [{ headers: { '@request.auth.claims.group': { exact: 'a' } } }]],
  ['for an expression that no tried text fits', [{ uri: { regex: '/[a-c]{17}(x|y)z{3}' } }]],
  ['where two of its conditions exclude each other', [{ headers: { a: { exact: 'b' } }, withoutHeaders: { a: {} } }]],
])('none %s', (_, matches) => expect(ask(...matches)).toBeUndefined());

test('an expression that RE2 does not take fits nothing', () => {
  const request = { method: 'GET', path: '/a', headers: {}, query: {}, authority: 'a' };
  expect(fitsRoute(routeMatchOf({ uri: { regex: '(?=a)' } }), request)).toBe(false);
});
