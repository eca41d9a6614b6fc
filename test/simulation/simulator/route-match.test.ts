import { expect, test } from 'vitest';
import type { Request } from './call.ts';
import type { Message } from './message.ts';
import { matchesTemplate, normalised } from './path.ts';
import { proxyOf } from './proxy.ts';
import { matchesRequest, routesOf } from './route-match.ts';
import { virtualHostOf } from './virtual-host.ts';

/** https://www.envoyproxy.io/docs/envoy/v1.40.0/api-v3/config/route/v3/route_components.proto */
const get = (path: string, headers: Request['headers'] = []): Request => ({
  version: 'http/1.1',
  method: 'GET',
  path,
  authority: 'a',
  headers,
});

const header = (more: Message) => ({ prefix: '/', headers: [{ name: 'x', ...more }] });
const query = (more: Message) => ({ prefix: '/', query_parameters: [{ name: 'q', ...more }] });
const exact = { string_match: { exact: 'a' } };

test.each<[string, Message, Request, boolean]>([
  ['prefix', { prefix: '/a' }, get('/ab'), true],
  ['prefix with case', { prefix: '/a' }, get('/Ab'), false],
  ['prefix without case', { prefix: '/a', case_sensitive: false }, get('/Ab'), true],
  ['path without its query', { path: '/a' }, get('/a?b'), true],
  ['path, exactly', { path: '/a' }, get('/a/'), false],
  ['regex of all of the path', { safe_regex: { regex: '/a' } }, get('/ab'), false],
  ['regex without the query', { safe_regex: { regex: '/a.' } }, get('/ab?c'), true],
  ['separated prefix, the same', { path_separated_prefix: '/a' }, get('/a'), true],
  ['separated prefix, beside', { path_separated_prefix: '/a' }, get('/ab'), false],
  ['header', header(exact), get('/', [['x', 'a']]), true],
  [
    'header of two values',
    header(exact),
    get('/', [
      ['x', 'a'],
      ['x', 'b'],
    ]),
    false,
  ],
  ['header that is absent', header(exact), get('/'), false],
  ['inverted', header({ ...exact, invert_match: true }), get('/', [['x', 'b']]), true],
  ['inverted and absent', header({ ...exact, invert_match: true }), get('/'), false],
  [
    'absent counts as empty',
    header({ ...exact, invert_match: true, treat_missing_header_as_empty: true }),
    get('/'),
    true,
  ],
  ['present', header({ present_match: true }), get('/', [['x', '']]), true],
  ['not present', header({ present_match: true, invert_match: true }), get('/'), true],
  ['range', header({ range_match: { start: 1, end: 3 } }), get('/', [['x', '3']]), false],
  ['query', query(exact), get('/?q=a'), true],
  ['query, other', query(exact), get('/?q=b'), false],
  ['query, absent', query({ present_match: true }), get('/?p'), false],
])('%s', (_, match, request, wanted) => {
  expect(matchesRequest(match, request)).toBe(wanted);
});

test('the first route counts, but for those that match by chance', () => {
  const route = (name: string, numerator?: number) => ({
    name,
    match: {
      prefix: '/',
      ...(numerator === undefined ? {} : { runtime_fraction: { default_value: { numerator } } }),
    },
  });
  const names = (...routes: Message[]) => routesOf({ routes }, get('/')).map((found) => found?.['name']);
  expect(names(route('a'), route('b'))).toEqual(['a']);
  expect(names(route('a', 50), route('b'))).toEqual(['a', 'b']);
  expect(names(route('a', 0), route('b', 100), route('c'))).toEqual(['b']);
  expect(names(route('a', 50))).toEqual(['a', undefined]);
});

test.each([
  ['a.b', 'a.b'],
  ['A.B:80', 'a.b'],
  ['x.a.b', '*.a.b'],
  ['y.b', '*.b'],
  ['www.c', 'www.*'],
  ['other', '*'],
])('host %s: %s', (authority, wanted) => {
  const virtual_hosts = ['*', 'www.*', '*.b', '*.a.b', 'a.b'].map((domain) => ({ name: domain, domains: [domain] }));
  const routes = { ignore_port_in_host_matching: true, virtual_hosts };
  expect(virtualHostOf(routes, '80', authority, proxyOf([]))?.['name']).toBe(wanted);
});

test('a host that is not known is asked for where hosts come by themselves', () => {
  const asked: string[] = [];
  const state = proxyOf([], (type, name) => {
    asked.push(`${type} ${name}`);
    return { name, domains: ['a'] };
  });
  expect(virtualHostOf({ vhds: {} }, '80', 'a', state)?.['name']).toBe('80/a');
  expect(virtualHostOf({}, '80', 'a', state)).toBeUndefined();
  expect(asked).toEqual(['virtualHost 80/a']);
});

test.each([
  ['/a/../b?c/../d', '/b?c/../d'],
  ['/a/./b/', '/a/b/'],
  ['/a/%2E%2e/b', '/b'],
  ['/a/..', '/'],
  [String.raw`/a\b`, '/a/b'],
  ['/a//b', '/a//b'],
])('path %s: %s', (path, wanted) => {
  expect(normalised(path)).toBe(wanted);
});

test.each([
  ['/*/b', '/a/b', true],
  ['/*/b', '/a/c/b', false],
  ['/*/b', '//b', false],
  ['/a/**', '/a/b/c', true],
  ['/a/**', '/a/', true],
  ['/a/**', '/b', false],
  ['/{name}/b', '/a/b', true],
  ['/{name=a/*}/b', '/a/x/b', true],
  ['/a.b', '/axb', false],
])('template %s of %s: %s', (template, path, wanted) => {
  expect(matchesTemplate(template, path)).toBe(wanted);
});
