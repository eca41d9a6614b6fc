import { spawnSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { keysOfNobody, parseKeySet, printKeySet } from '../../src/model/key-set.ts';
import { findEnvoy } from './binary.ts';

/** Envoy refuses a filter for one key set that it cannot read, so each single key that we take must be one that it takes. */
const envoy = findEnvoy('envoy');
const folder = mkdtempSync(join(tmpdir(), 'outrigger-keys-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const jwk = ({ publicKey }: { readonly publicKey: KeyObject }) => publicKey.export({ format: 'jwk' });
const rsa = (modulusLength: number, publicExponent = 65_537) =>
  jwk(generateKeyPairSync('rsa', { modulusLength, publicExponent }));
const ec = (namedCurve: string) => jwk(generateKeyPairSync('ec', { namedCurve }));
const [small, plain, long] = [rsa(1024), rsa(2048), rsa(8192)];
const ed = jwk(generateKeyPairSync('ed25519'));
const keys: readonly object[] = [
  ...[small, plain, long, rsa(2048, 3), ec('P-256'), ec('P-384'), ec('P-521'), ed],
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'].map((alg) => ({ ...plain, alg })),
  ...[
    ['P-256', 'ES256'],
    ['P-384', 'ES384'],
    ['P-521', 'ES512'],
  ].map(([curve = '', alg]) => ({ ...ec(curve), alg })),
  { ...ed, alg: 'EdDSA' },
  ...['c2VjcmV0', 'c2VjcmV', 'c2VjcmU=', 'c2Vjcg==', 'a', '____', 'c2VjcmV0c2VjcmV0c2VjcmV0'].map((k) => ({
    kty: 'oct',
    k,
  })),
  ...['HS256', 'HS384', 'HS512'].map((alg) => ({ kty: 'oct', k: 'c2VjcmV0', alg })),
  // Odd forms of good keys, and what is nearly one.
  { ...plain, kid: '"\\\u0000ä', use: 'sig', key_ops: ['verify'], x5c: ['!'], x5t: 5 },
  { ...plain, n: `${plain.n}==` },
  { ...plain, n: `AAAA${plain.n}` },
  { ...plain, e: 'AAEAAQ' },
  { ...plain, e: 'AQ' },
  { ...plain, e: 'AA' },
  { ...plain, e: 'Ag' },
  { ...plain, n: plain.n?.replaceAll('-', '+').replaceAll('_', '/') },
  { ...ec('P-256'), crv: 'P-256', y: ec('P-256').y },
  { ...ec('P-521'), alg: 'ES256' },
  { ...ed, x: `${ed.x}A` },
  { ...ed, x: 'AA' },
  { kty: 'oct', k: '' },
];

const taken = keys.flatMap((key) => parseKeySet(JSON.stringify({ keys: [key] })).keys.map((read) => [read]));

test.skipIf(envoy === undefined)('each key that is taken is one that Envoy takes', () => {
  expect(taken.length).toBeGreaterThan(25);
  const sets = [...taken, taken.flat()].map((set) => printKeySet({ keys: set }));
  const wrong = [...sets, keysOfNobody].filter((set) => !isTaken(set));
  expect(wrong).toEqual([]);
  expect(isTaken('{"keys":[]}')).toBe(false);
});

function isTaken(set: string): boolean {
  const type = 'type.googleapis.com/envoy.extensions.filters';
  const provider = { issuer: 'i', local_jwks: { inline_string: set } };
  const filters = [
    {
      name: 'tokens',
      typed_config: {
        ...{ '@type': `${type}.http.jwt_authn.v3.JwtAuthentication`, providers: { a: provider } },
        rules: [{ match: { prefix: '/' }, requires: { provider_name: 'a' } }],
      },
    },
    { name: 'router', typed_config: { '@type': `${type}.http.router.v3.Router` } },
  ];
  const hcm = {
    '@type': `${type}.network.http_connection_manager.v3.HttpConnectionManager`,
    ...{ stat_prefix: 'x', route_config: { name: 'r' }, http_filters: filters },
  };
  const listener = {
    ...{ name: 'x', address: { socket_address: { address: '127.0.0.1', port_value: 1 } } },
    filter_chains: [{ filters: [{ name: 'http', typed_config: hcm }] }],
  };
  const path = join(folder, 'bootstrap.json');
  writeFileSync(path, JSON.stringify({ static_resources: { listeners: [listener] } }));
  return spawnSync(envoy ?? '', ['-c', path, '--mode', 'validate', '-l', 'off']).status === 0;
}
