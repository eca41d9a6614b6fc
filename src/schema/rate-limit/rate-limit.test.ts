import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { validate } from '../validate.ts';

const problemsOf = (spec: string) =>
  validate({
    ...{ apiVersion: 'outrigger.io/v1alpha1', kind: 'RateLimit', metadata: { name: 'l', namespace: 'x' } },
    spec: parse(spec),
  }).problems.map(({ severity, path }) => `${severity} ${path}`);

const limit = (more: string) => `{limits: [{requests: 1, unit: minute${more}}]}`;
const global = (more: string, burst = '') =>
  `{limits: [{requests: 1, unit: day${burst}}], global: {service: a.b, port: 8081${more}}}`;

test.each<[string, string[]]>([
  ['{limits: [{requests: 0, unit: second}]}', []],
  [limit(', burst: 3, per: {headers: [x-user], remoteAddress: true}'), []],
  [limit(', match: {methods: [GET], hosts: ["*.example", a.b, "*"], path: {prefix: /a}, headers: {x: {}}}'), []],
  [global(', domain: d, timeout: 1s, failureMode: closed'), []],
  ['{}', ['error spec.limits']],
  ['{limits: []}', ['error spec.limits']],
  ['{limits: [{unit: day}]}', ['error spec.limits[0].requests']],
  ['{limits: [{requests: -1, unit: day}]}', ['error spec.limits[0].requests']],
  ['{limits: [{requests: 1.5, unit: day}]}', ['error spec.limits[0].requests']],
  ['{limits: [{requests: 4294967296, unit: day}]}', ['error spec.limits[0].requests']],
  ['{limits: [{requests: 1}]}', ['error spec.limits[0].unit']],
  ['{limits: [{requests: 1, unit: week}]}', ['error spec.limits[0].unit']],
  ['{limits: [{requests: 0, unit: day, burst: 1}]}', ['error spec.limits[0].burst']],
  [limit(', burst: 0'), ['error spec.limits[0].burst']],
  [limit(', per: {}'), ['error spec.limits[0].per']],
  [limit(', per: {headers: ["a b"]}'), ['error spec.limits[0].per.headers[0]']],
  [limit(', per: {headers: [a, A]}'), ['error spec.limits[0].per.headers[1]']],
  [limit(', match: {methods: [get]}'), ['error spec.limits[0].match.methods[0]']],
  [limit(', match: {hosts: ["a.b:80"]}'), ['error spec.limits[0].match.hosts[0]']],
  [limit(', match: {hosts: ["a*b"]}'), ['error spec.limits[0].match.hosts[0]']],
  [limit(', match: {path: {exact: /a, prefix: /b}}'), ['error spec.limits[0].match.path']],
  [limit(', match: {path: {regex: "("}}'), ['error spec.limits[0].match.path.regex']],
  [limit(', match: {headers: {"a b": {}}}'), ['error spec.limits[0].match.headers["a b"]']],
  [global('', ', burst: 3'), ['error spec.limits[0].burst']],
  [global(', timeout: soon'), ['error spec.global.timeout']],
  [global(', failureMode: ajar'), ['error spec.global.failureMode']],
  [global(', domain: ""'), ['error spec.global.domain']],
  ['{limits: [{requests: 1, unit: day}], global: {port: 1}}', ['error spec.global.service']],
  [
    '{limits: [{requests: 1, unit: day}], global: {service: a/b/c, port: 0}}',
    ['error spec.global.service', 'error spec.global.port'],
  ],
])('%s', (spec, expected) => {
  expect(problemsOf(spec).sort()).toEqual([...expected].sort());
});
