import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { validate } from '../validate.ts';

function problemsOf(spec: string): string[] {
  const object = { apiVersion: 'security.istio.io/v1', kind: 'RequestAuthentication', metadata: { name: 'x' } };
  return validate({ ...object, spec: parse(spec) }).problems.map(
    ({ severity, code, path }) => `${severity} ${code} ${path}`,
  );
}
const rule = (more: string) => `{jwtRules: [{issuer: "https://a.b", ${more}}]}`;
const at = (code: string, path: string) => `error ${code} spec.jwtRules[0]${path}`;

const cases: readonly (readonly [string, ...string[]])[] = [
  ['{}'],
  ['{selector: {matchLabels: {app: a}}, jwtRules: [{issuer: "https://a.b"}]}'],
  ['{jwtRules: [{}]}', at('OR1642', '.issuer')],
  [
    '{jwtRules: [{issuer: "", jwks: "{\\"keys\\": []}"}]}',
    'warning OR1657 spec.jwtRules[0].jwks',
    at('OR1642', '.issuer'),
  ],
  ['{jwtRules: [{issuer: a@b}]}', 'warning OR1657 spec.jwtRules[0]'],
  [rule('jwksUri: "http://a.b/keys"')],
  [rule('jwks_uri: "http://a.b/keys"')],
  [rule('jwksUri: "ftp://a.b/keys"'), at('OR1657', '.jwksUri')],
  [rule('jwksUri: "keys"'), at('OR1657', '.jwksUri')],
  [rule('jwksUri: "http://a", jwks_uri: "http://a"'), at('OR1645', '')],
  [rule("jwks: '{'"), at('OR1657', '.jwks')],
  [rule('jwks: \'{"keys":[{"kty":"X"}]}\''), 'warning OR1657 spec.jwtRules[0].jwks'],
  [rule('audiences: [""]'), at('OR1657', '.audiences[0]')],
  [rule('fromHeaders: [{name: x-token, prefix: "T "}], fromParams: [t], fromCookies: [c]')],
  [rule('fromHeaders: [{name: x, prefix: "a\\nb"}]'), at('OR1656', '.fromHeaders[0].prefix')],
  [rule('fromHeaders: [{prefix: x}]'), at('OR1642', '.fromHeaders[0].name')],
  [rule('fromHeaders: [{name: "a b"}]'), at('OR1656', '.fromHeaders[0].name')],
  [rule('outputPayloadToHeader: "a:b"'), at('OR1656', '.outputPayloadToHeader')],
  [rule('outputClaimToHeaders: [{header: x-sub, claim: sub}]')],
  [rule('outputClaimToHeaders: [{header: x-sub, claim: ""}]'), at('OR1642', '.outputClaimToHeaders[0].claim')],
  [rule('timeout: 0s'), at('OR1647', '.timeout')],
  ['{selector: {matchLabels: {a: b}}, targetRefs: [{kind: Gateway, name: g}]}', 'error OR1645 spec'],
  ['{targetRef: {kind: Gateway, name: g, namespace: n}}', 'error OR1655 spec.targetRef.namespace'],
];

test.each(cases)('%s', (spec, ...expected) => {
  expect(problemsOf(spec)).toEqual(expected);
});
