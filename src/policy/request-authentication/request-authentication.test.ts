import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { keysOfNobody } from '../../model/key-set.ts';
import type { Config } from '../../registry/snapshot.ts';
import type { RequestAuthentication } from '../../schema/kinds.ts';
import { keySourcesOf } from './keys.ts';
import { tokenRulesFor } from './select.ts';

function policy(spec: string, namespace = 'x'): Config<RequestAuthentication> {
  const origin = { kind: 'RequestAuthentication', namespace, name: 'p' };
  return { namespace, name: 'p', spec: parse(spec), createdAt: 0, labels: {}, annotations: {}, origin };
}
const keys = new Map([
  ['keys https://k/keys', '{"keys":["read"]}'],
  ['issuer https://i', '{"keys":["found"]}'],
]);
const query = { namespace: 'x', labels: { app: 'a' }, rootNamespaces: ['root'], keys };
const rule = (more: string) => `{jwtRules: [{issuer: i, ${more}}]}`;
const found = (...policies: Config<RequestAuthentication>[]) => tokenRulesFor(policies, query);

test('rules of all policies that hold, in order of the issuers', () => {
  const rules = found(
    policy('{jwtRules: [{issuer: c}, {issuer: a}]}'),
    policy('{jwtRules: [{issuer: b}]}', 'root'),
    policy('{jwtRules: [{issuer: d}]}', 'other'),
    policy('{selector: {matchLabels: {app: b}}, jwtRules: [{issuer: e}]}'),
    policy('{targetRefs: [{kind: Gateway, name: g}], jwtRules: [{issuer: f}]}'),
  );
  expect(rules.map(({ issuer, origin }) => `${issuer} ${origin.namespace} ${origin.field}`)).toEqual([
    'a x spec.jwtRules[1]',
    'b root spec.jwtRules[0]',
    'c x spec.jwtRules[0]',
  ]);
});

test('keys come from the rule, from what was read, or are those of nobody', () => {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
  const keysOf = (more: string) => found(policy(rule(more)))[0]?.keys;
  expect(keysOf(`jwks: '${JSON.stringify({ keys: [{ ...key, use: 'sig' }, { kty: 'X' }] })}'`)).toBe(
    JSON.stringify({ keys: [{ kty: 'EC', crv: key.crv, x: key.x, y: key.y }] }),
  );
  expect(keysOf('jwksUri: "https://k/keys"')).toBe('{"keys":["read"]}');
  expect(keysOf('jwks_uri: "https://k/keys"')).toBe('{"keys":["read"]}');
  expect(found(policy('{jwtRules: [{issuer: "https://i"}]}'))[0]?.keys).toBe('{"keys":["found"]}');
  for (const more of ['jwksUri: "https://other"', 'audiences: []', `jwks: '{"keys": []}'`])
    expect(keysOf(more)).toBe(keysOfNobody);
});

test('what has to be read, once, with the longest time', () => {
  const sources = keySourcesOf(
    [
      policy('{jwtRules: [{issuer: "https://a", timeout: 2s}, {issuer: b, jwksUri: "https://k", timeout: 9s}]}'),
      policy(`{jwtRules: [{issuer: c, jwksUri: "https://k", timeout: 3s}, {issuer: d, jwks: '{"keys":[]}'}]}`),
    ],
    ({ timeout }) => Number.parseInt(timeout ?? '5', 10) * 1000,
  );
  expect([...sources.values()]).toEqual([
    { kind: 'issuer', uri: 'https://a', timeoutMs: 2000 },
    { kind: 'keys', uri: 'https://k', timeoutMs: 9000 },
  ]);
});

test('where tokens are and what is told to the app', () => {
  const [rules] = found(
    policy(
      rule(
        'fromHeaders: [{name: x}], fromParams: [p], fromCookies: [c], forwardOriginalToken: true, outputPayloadToHeader: y, outputClaimToHeaders: [{header: h, claim: sub}], spaceDelimitedClaims: [roles, scope]',
      ),
    ),
  );
  expect(rules).toMatchObject({
    headers: [{ name: 'x', prefix: '' }],
    params: ['p'],
    cookies: ['c'],
    forward: true,
    payloadHeader: 'y',
    claimHeaders: [{ header: 'h', claim: 'sub' }],
    spaceDelimited: ['permission', 'scope', 'roles'],
  });
});
