import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { validate } from '../validate.ts';

function problemsOf(spec: string): string[] {
  const object = { apiVersion: 'security.istio.io/v1', kind: 'AuthorizationPolicy', metadata: { name: 'x' } };
  return validate({ ...object, spec: parse(spec) }).problems.map(({ code, path }) => `${code} ${path}`);
}

const from = (text: string) => `{rules: [{from: [{source: {${text}}}]}]}`;
const to = (text: string) => `{rules: [{to: [{operation: {${text}}}]}]}`;
const when = (text: string) => `{rules: [{when: [{${text}}]}]}`;

const cases: readonly (readonly [string, ...string[]])[] = [
  ['{}'],
  ['{action: ALLOW, rules: []}'],
  ['{rules: [{}]}'],
  ['{action: DENY, rules: [{}]}'],
  ['{action: DENY}', 'OR1642 spec.rules'],
  ['{action: BLOCK}', 'OR1644 spec.action'],
  ['{action: CUSTOM, rules: [{}]}', 'OR1642 spec.provider'],
  ['{action: CUSTOM, provider: {name: a}, rules: [{}]}'],
  [
    '{action: CUSTOM, provider: {name: a}, rules: [{from: [{source: {namespaces: [a]}}], when: [{key: source.principal, values: [a]}]}]}',
    'OR1655 spec.rules[0].from[0].source.namespaces',
    'OR1655 spec.rules[0].when[0].key',
  ],
  ['{targetRefs: [{kind: Gateway, name: a, namespace: b}]}', 'OR1655 spec.targetRefs[0].namespace'],
  ['{provider: {name: a}}', 'OR1655 spec.provider'],
  ['{selector: {matchLabels: {a: b}}, targetRef: {kind: Gateway, name: a}}', 'OR1645 spec'],
  ['{rules: [{from: []}]}', 'OR1654 spec.rules[0].from'],
  ['{rules: [{to: []}]}', 'OR1654 spec.rules[0].to'],
  ['{rules: [{from: [{}]}]}', 'OR1642 spec.rules[0].from[0].source'],
  [from(''), 'OR1642 spec.rules[0].from[0].source'],
  [from('principals: ["*"], notIpBlocks: [10.0.0.0/8, "::1"]')],
  [from('principals: [""]'), 'OR1657 spec.rules[0].from[0].source.principals[0]'],
  [from('principal: [a]'), 'OR1643 spec.rules[0].from[0].source.principal', 'OR1642 spec.rules[0].from[0].source'],
  [from('ipBlocks: [10.0.0.0/40]'), 'OR1650 spec.rules[0].from[0].source.ipBlocks[0]'],
  [from('serviceAccounts: [a, ns/b]')],
  [from('serviceAccounts: [a/b/c]'), 'OR1657 spec.rules[0].from[0].source.serviceAccounts[0]'],
  [from('serviceAccounts: [a], namespaces: [b]'), 'OR1645 spec.rules[0].from[0].source'],
  [to(''), 'OR1642 spec.rules[0].to[0].operation'],
  [to('methods: [GET], paths: [/a*, "*b", "/c/{*}/d/{**}"], hosts: ["*.x"], ports: ["80"]')],
  [to('ports: [80]'), 'OR1641 spec.rules[0].to[0].operation.ports[0]'],
  [to('ports: ["0"]'), 'OR1646 spec.rules[0].to[0].operation.ports[0]'],
  [to('paths: ["/a{*}"]'), 'OR1657 spec.rules[0].to[0].operation.paths[0]'],
  [to('paths: ["/{**}/{**}"]'), 'OR1657 spec.rules[0].to[0].operation.paths[0]'],
  [to('paths: ["/{**}/{*}"]'), 'OR1657 spec.rules[0].to[0].operation.paths[0]'],
  [to('paths: ["/a//{*}"]'), 'OR1657 spec.rules[0].to[0].operation.paths[0]'],
  [to('paths: ["a/{*}"]'), 'OR1657 spec.rules[0].to[0].operation.paths[0]'],
  [to('paths: ["/a b/{*}"]'), 'OR1657 spec.rules[0].to[0].operation.paths[0]'],
  [to('paths: ["/{*}/", "/{*}/a.b/{**}/c/d", "/a b"]')],
  [to('paths: ["/{*}/*"]'), 'OR1657 spec.rules[0].to[0].operation.paths[0]'],
  [when('key: "request.headers[a]", values: [b]')],
  [when('key: "request.auth.claims[a][b]", notValues: [b]')],
  [when('key: request.headers, values: [b]'), 'OR1644 spec.rules[0].when[0].key'],
  [when('key: source.ips, values: [b]'), 'OR1644 spec.rules[0].when[0].key'],
  [when('key: source.ip'), 'OR1642 spec.rules[0].when[0]'],
  [when('key: source.ip, values: [b]'), 'OR1650 spec.rules[0].when[0].values[0]'],
  [when('key: destination.port, notValues: ["99999"]'), 'OR1646 spec.rules[0].when[0].notValues[0]'],
];

test.each(cases)('%s', (spec, ...expected) => {
  expect(problemsOf(spec)).toEqual(expected);
});
