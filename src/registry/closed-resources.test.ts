import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { Registry } from './registry.ts';

function read(kind: 'PeerAuthentication' | 'RequestAuthentication', ...specs: readonly string[]) {
  const registry = new Registry({ domainSuffix: 'c', rootNamespaces: ['istio-system'] });
  const place = { kind, namespace: 'shop', name: 'p' };
  for (const spec of specs) {
    const text = `{apiVersion: security.istio.io/v1, kind: ${kind}, metadata: {name: p}, spec: ${spec}}`;
    const object = parse(text);
    registry.apply({
      upserts: [{ apiVersion: 'security.istio.io/v1', ...place, object, origin: place }],
      removals: [],
    });
  }
  const { peerAuthentications, requestAuthentications } = registry.snapshot;
  const found = [...peerAuthentications, ...requestAuthentications].map(({ spec }) => spec);
  return { found, problems: registry.problems().map(({ message }) => message) };
}

describe('a PeerAuthentication with an error and no last good version', () => {
  test.each([
    ['{mtls: {mode: strict}}', {}],
    ['{mtls: STRICT}', {}],
    ['{mtls: {mode: STRICT}, portLevelMtls: {"8080": {mode: DISABLE}}}', {}],
    ['{portLevelMtls: {"8080": {mode: STRICT}}}', {}],
    ['7', {}],
    ['{selector: {matchLabels: {app: web}}, mtls: {mode: Strict}}', { selector: { matchLabels: { app: 'web' } } }],
  ])('lets only mutual TLS in, and says so: %s', (spec, selector) => {
    const { found, problems } = read('PeerAuthentication', spec);
    expect(found).toEqual([{ ...selector, mtls: { mode: 'STRICT' } }]);
    expect(problems[0]).toMatch(/; until it is right only mutual TLS is let in to /);
  });

  test('is left out where plain text is all that it asks for: then what holds without it holds', () => {
    const { found, problems } = read(
      'PeerAuthentication',
      '{mtls: {mode: PERMISSIVE}, portLevelMtls: {"8080": {mode: DISABLE}}}',
    );
    expect(found).toEqual([]);
    expect(problems).toHaveLength(1);
  });

  test('keeps its last good version', () => {
    expect(read('PeerAuthentication', '{mtls: {mode: PERMISSIVE}}', '{mtls: {mode: strict}}').found).toEqual([
      { mtls: { mode: 'PERMISSIVE' } },
    ]);
  });
});

describe('a RequestAuthentication with an error and no last good version', () => {
  test('its good rules stay, and of other issuers no token is taken, wherever it is', () => {
    const good = '{issuer: y, jwksUri: "https://y/keys"}';
    const bad = '{issuer: x, jwks: bad, fromHeaders: [{name: x-token}]}';
    const { found, problems } = read(
      'RequestAuthentication',
      `{selector: {matchLabels: {a: b}}, jwtRules: [${bad}, ${good}, {issuer: z, audiences: 7}]}`,
    );
    expect(found).toEqual([
      {
        selector: { matchLabels: { a: 'b' } },
        jwtRules: [
          { issuer: 'x', jwks: '{"keys":[]}', fromHeaders: [{ name: 'x-token' }] },
          { issuer: 'y', jwksUri: 'https://y/keys' },
          { issuer: 'z', jwks: '{"keys":[]}' },
        ],
      },
    ]);
    expect(problems[0]).toContain('until it is right no token of the rules in error is taken');
  });

  test('where places of tokens are wrong, those by themselves are looked at', () => {
    expect(read('RequestAuthentication', '{jwtRules: [{issuer: x, jwks: bad, fromHeaders: 7}]}').found).toEqual([
      { jwtRules: [{ issuer: 'x', jwks: '{"keys":[]}' }] },
    ]);
  });
});
