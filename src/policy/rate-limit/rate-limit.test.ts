import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { ClusterIR } from '../../ir/types/cluster.ts';
import type { Config } from '../../registry/snapshot.ts';
import type { RateLimit } from '../../schema/kinds.ts';
import { limitsOf } from './limits.ts';
import { rateLimitsFor } from './select.ts';

function rateLimit(spec: string, name = 'l', namespace = 'x'): Config<RateLimit> {
  const place = { namespace, name };
  const origin = { kind: 'RateLimit', ...place };
  return { ...place, spec: parse(spec), createdAt: 0, labels: {}, annotations: {}, origin };
}
const cluster = { name: 'outbound|8081||counter.x' } as ClusterIR;
const other = { name: 'outbound|8081||other.x' } as ClusterIR;
const query = {
  ...{ namespace: 'x', labels: { app: 'a' }, rootNamespaces: ['istio-system'] },
  clusterOf: (service: string, port: number) =>
    port === 8081 ? { 'counter.x': cluster, 'ns/other.x': other }[service] : undefined,
};
const limits = 'limits: [{requests: 5, unit: minute}]';
const counted = (more = '', service = 'counter.x') => `{${limits}, global: {service: ${service}, port: 8081${more}}}`;
const idsOf = (list: readonly { id: string; requests: number; burst: number }[] = []) =>
  list.map(({ id, requests, burst }) => `${id} ${requests}${burst === requests ? '' : ` at once ${burst}`}`);

test('those of the namespace and of the root namespaces whose selector fits, all of them', () => {
  const list = [
    rateLimit(`{${limits}}`, 'root', 'istio-system'),
    rateLimit(`{${limits}, selector: {matchLabels: {app: b}}}`, 'unfit'),
    rateLimit(`{${limits}, selector: {matchLabels: {app: a}}}`, 'own'),
    rateLimit(`{${limits}}`, 'wide'),
    rateLimit(`{${limits}}`, 'elsewhere', 'y'),
  ];
  const { local, global, problems } = rateLimitsFor(list, query);
  expect(idsOf(local)).toEqual(['istio-system/root/0 5', 'x/own/0 5', 'x/wide/0 5']);
  expect([global, problems]).toEqual([undefined, []]);
});

test('a service is asked with its settings; limits that let none by are not asked about', () => {
  const spec = `{limits: [{requests: 0, unit: day}, {requests: 7, unit: day}], global: {service: ns/other.x, port: 8081, domain: d, timeout: 2s, failureMode: closed}}`;
  const { local, global, problems } = rateLimitsFor([rateLimit(spec)], query);
  expect(idsOf(local)).toEqual(['x/l/0 0']);
  expect(global).toMatchObject({ host: 'other.x', cluster: other, domain: 'd', timeoutMs: 2000, failOpen: false });
  expect(idsOf(global?.limits)).toEqual(['x/l/1 7']);
  expect(problems).toEqual([]);
  expect(rateLimitsFor([rateLimit(counted())], query).global).toMatchObject({
    ...{ domain: 'outrigger', timeoutMs: 100, failOpen: true },
  });
});

test.each([
  ['open', [], 'not counted'],
  ['closed', ['x/l/0 0'], 'refused'],
])('a service that is not known, %s', (mode, local, message) => {
  const found = rateLimitsFor([rateLimit(counted(`, failureMode: ${mode}`, 'nowhere.x'))], query);
  expect(idsOf(found.local)).toEqual(local);
  expect(found.global).toBeUndefined();
  expect(found.problems).toHaveLength(1);
  expect(found.problems[0]?.message).toContain(message);
});

test('of two services the older one is asked; equal settings are one', () => {
  const list = [
    rateLimit(counted(), 'first'),
    rateLimit(counted(', domain: other, failureMode: closed'), 'second'),
    rateLimit(counted(''), 'third'),
  ];
  const { local, global, problems } = rateLimitsFor(list, query);
  expect(idsOf(global?.limits)).toEqual(['x/first/0 5', 'x/third/0 5']);
  expect(idsOf(local)).toEqual(['x/second/0 0']);
  expect(problems.map(({ origins }) => origins[0]?.name)).toEqual(['second']);
});

const matchOf = (match: string) =>
  limitsOf(rateLimit(`{limits: [{requests: 1, unit: day, match: ${match}}]}`))[0]?.match ?? [];
const fits = (match: string, value: string) =>
  matchOf(match).every(({ match: rule }) => {
    if (rule.kind === 'regex') return new RegExp(`^(?:${rule.value.replace('(?i)', '')})$`, 'i').test(value);
    return rule.kind === 'prefix' ? value.startsWith(rule.value) : false;
  });

test.each([
  ['{path: {exact: /a.b}}', '/a.b', true],
  ['{path: {exact: /a.b}}', '/a.b?c=d', true],
  ['{path: {exact: /a.b}}', '/a.b/c', false],
  ['{path: {exact: /a.b}}', '/axb', false],
  ['{path: {prefix: /a}}', '/a/b?c', true],
  ['{path: {prefix: /a}}', '/b', false],
  ['{path: {regex: "/a|/b"}}', '/b?x', true],
  ['{path: {regex: "/a|/b"}}', '/bc', false],
  ['{methods: [GET, POST]}', 'POST', true],
  ['{methods: [GET, POST]}', 'PUT', false],
  ['{hosts: ["*.example"]}', 'a.example:80', true],
  ['{hosts: [a.example]}', 'A.example', true],
  ['{hosts: [a.example]}', 'aXexample', false],
  ['{hosts: [a.example]}', 'a.example:80:1', false],
])('%s fits %s: %s', (match, value, expected) => {
  expect(fits(match, value)).toBe(expected);
});

test('headers are compared by small names, in order; an empty match asks nothing', () => {
  expect(matchOf('{headers: {X-B: {}, x-a: {exact: v}}, path: {}}')).toEqual([
    { name: 'x-a', match: { kind: 'exact', value: 'v' } },
    { name: 'x-b', match: { kind: 'present' } },
  ]);
  expect(matchOf('{}')).toEqual([]);
});

test('keys and bursts', () => {
  const spec = '{limits: [{requests: 2, unit: hour, burst: 9, per: {headers: [X-User], remoteAddress: true}}]}';
  expect(limitsOf(rateLimit(spec))[0]).toMatchObject({
    ...{ requests: 2, unit: 'hour', burst: 9 },
    per: [{ kind: 'header', name: 'x-user' }, { kind: 'address' }],
  });
  expect(limitsOf(rateLimit(`{${limits}}`))[0]?.burst).toBe(5);
});
