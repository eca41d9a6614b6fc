import { createHash, generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { expect, test } from 'vitest';
import { keysOfNobody, parseKeySet, printKeySet } from './key-set.ts';

const publicOf = (pair: { publicKey: { export(options: { format: 'jwk' }): JsonWebKey } }) =>
  pair.publicKey.export({ format: 'jwk' });
const rsa = publicOf(generateKeyPairSync('rsa', { modulusLength: 2048 }));
const small = publicOf(generateKeyPairSync('rsa', { modulusLength: 512 }));
const ec = publicOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }));
const ed = publicOf(generateKeyPairSync('ed25519'));
const parse = (...keys: unknown[]) => parseKeySet(JSON.stringify({ keys }));

test('good keys go on with what proxies read of them', () => {
  const { keys, faults } = parse({ ...rsa, kid: 'a', use: 'sig', alg: 'RS256', x5c: ['...'], d: 'secret' }, ec, ed, {
    kty: 'oct',
    k: 'c2VjcmV0',
  });
  expect(faults).toEqual([]);
  expect(keys.map((key) => Object.keys(key).join())).toEqual(['kty,n,e,alg,kid', 'kty,crv,x,y', 'kty,crv,x', 'kty,k']);
});

test.each<[unknown, string]>([
  ['x', 'is no object'],
  [{ kty: 'DSA' }, 'has the type'],
  [{ kty: 'toString' }, 'has the type'],
  [{ kty: 'RSA', e: 'AQAB' }, 'lacks n'],
  [{ ...rsa, n: '!' }, 'is no base64url'],
  [{ ...rsa, e: 'AQ' }, 'is no key'],
  [{ ...rsa, e: 'Ag' }, 'is no key'],
  [{ ...rsa, e: 'AAAA' }, 'is no key'],
  [small, 'is no key'],
  [{ ...rsa, use: 'enc' }, 'is for encryption'],
  [{ ...rsa, alg: 'ES256' }, 'has the algorithm'],
  [{ ...ec, crv: 'P-384' }, 'is no key'],
  [{ ...ec, x: ec.y, y: ec.x }, 'is no key'],
  [{ ...ec, crv: 'secp256k1' }, 'has the curve'],
  [{ kty: 'OKP', crv: 'X25519', x: ed.x }, 'has the curve'],
  [{ kty: 'oct', k: '%' }, 'is no base64url'],
  [{ kty: 'oct', k: 'a' }, 'is no base64url'],
])('a bad key is left out, and told: %j', (bad, why) => {
  const { keys, faults } = parse(bad, ec);
  expect([keys.length, faults.length]).toEqual([1, 1]);
  expect(faults[0]).toContain(why);
});

test('what is no set is none', () => {
  for (const text of ['', 'x', '[]', '{}', '{"keys": {}}']) expect(parseKeySet(text).isKeySet).toBe(false);
  expect(parseKeySet('{"keys": []}')).toEqual({ keys: [], faults: ['it has no key'], isKeySet: true });
});

test('so many keys and no more', () => {
  const { keys, faults } = parse(...Array.from({ length: 150 }, () => ec));
  expect([keys.length, faults]).toEqual([100, ['of 150 keys the first 100 are read']]);
});

test('nobody has the private half of the key that stands in', () => {
  const { keys, faults } = parseKeySet(keysOfNobody);
  expect(faults).toEqual([]);
  expect(printKeySet({ keys })).toContain('ES256');
  const prime = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
  const b = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;
  const power = (base: bigint, exponent: bigint): bigint => {
    if (exponent === 0n) return 1n;
    const half = power((base * base) % prime, exponent / 2n);
    return exponent % 2n === 1n ? (half * base) % prime : half;
  };
  const square = (x: bigint) => (((x ** 3n - 3n * x + b) % prime) + prime) % prime;
  const root = (x: bigint) => power(square(x), (prime + 1n) / 4n);
  let x = BigInt(`0x${createHash('sha256').update('nobody has the private half of this key').digest('hex')}`);
  while ((root(x) * root(x)) % prime !== square(x)) x += 1n;
  const text = (value: bigint) => Buffer.from(value.toString(16).padStart(64, '0'), 'hex').toString('base64url');
  expect(keys[0]).toMatchObject({ x: text(x), y: text(root(x)) });
});
