import { createPublicKey, createSecretKey, hkdfSync, sign } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LocalTokens } from './local-tokens.ts';
import { loadTokenKey, makeTokenKey } from './token-key.ts';

const start = 1_800_000_000_000;
let now = start;
const key = makeTokenKey();
const tokens = new LocalTokens({ key, now: () => now });
const pod = { name: 'cart-1', uid: 'u-1' };
const subject = { namespace: 'shop', serviceAccount: 'cart', pod };
const good = tokens.issue(subject, 3_600_000);
const decode = (part: string | undefined) => JSON.parse(Buffer.from(part ?? '', 'base64url').toString());
const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');

/** A token that our own key signed, whatever it says. */
function signed(changes: { header?: object; claims?: object }): string {
  const [header, claims] = good.split('.').map((part, index) => (index < 2 ? decode(part) : {}));
  const text = [
    { ...header, ...changes.header },
    { ...claims, ...changes.claims },
  ]
    .map(encode)
    .join('.');
  return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

test('a token of ours proves its pod', async () => {
  now = start + 3_599_000;
  expect(await tokens.authenticate(good)).toEqual({
    namespace: 'shop',
    serviceAccount: 'cart',
    pod,
    expiresAt: start + 3_600_000,
  });
  now = start;
});

test('it has the claims that the API server gives', () => {
  expect(decode(good.split('.')[1])).toEqual({
    aud: ['istio-ca'],
    exp: start / 1000 + 3600,
    iat: start / 1000,
    iss: 'https://tokens.outrigger.local',
    jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
    'kubernetes.io': { namespace: 'shop', pod, serviceaccount: { name: 'cart', uid: '' } },
    nbf: start / 1000,
    sub: 'system:serviceaccount:shop:cart',
  });
});

describe('what is refused', () => {
  const [header = '', claims = '', signature = ''] = good.split('.');
  const flipped = Buffer.from(signature, 'base64url');
  flipped[5] = (flipped[5] ?? 0) ^ 1;
  const publicPem = createPublicKey(key).export({ type: 'spki', format: 'pem' });
  const hmacKey = createSecretKey(Buffer.from(publicPem.toString()));
  const hmac = hkdfSync('sha256', hmacKey, '', '', 32);
  const stranger = new LocalTokens({ key: makeTokenKey(), now: () => start }).issue(subject, 3_600_000);

  test.each([
    ['nothing', '', 'OR2210'],
    ['no JWT', 'secret', 'OR2210'],
    ['a token as long as a book', `a.b.${'c'.repeat(20_000)}`, 'OR2210'],
    ['claims that are no object', `${header}.${encode([1])}.${signature}`, 'OR2210'],
    ['claims that are no JSON', `${header}.AAAA.${signature}`, 'OR2210'],
    ['the same signature in another spelling', `${good.slice(0, -1)}${good.endsWith('A') ? 'B' : 'Z'}`, /OR221[01]/],
    ['alg none', `${encode({ alg: 'none', typ: 'JWT' })}.${claims}.`, 'OR2211'],
    ['alg None with our key id', signed({ header: { alg: 'None' } }), 'OR2211'],
    [
      'HMAC with the public key',
      `${encode({ ...decode(header), alg: 'HS256' })}.${claims}.${Buffer.from(hmac).toString('base64url')}`,
      'OR2211',
    ],
    ['a critical extension', signed({ header: { crit: ['b64'] } }), 'OR2211'],
    ['another key', stranger, 'OR2211'],
    ["another key, with our key's id", `${header}.${stranger.split('.')[1]}.${stranger.split('.')[2]}`, 'OR2211'],
    ['a flipped bit of the signature', `${header}.${claims}.${flipped.toString('base64url')}`, 'OR2211'],
    ['no signature', `${header}.${claims}.`, 'OR2211'],
    [
      'other claims under our signature',
      `${header}.${encode({ ...decode(claims), sub: 'system:serviceaccount:shop:admin' })}.${signature}`,
      'OR2211',
    ],
    ['another issuer', signed({ claims: { iss: 'https://kubernetes.default.svc' } }), 'OR2211'],
    ['another audience', signed({ claims: { aud: ['api'] } }), 'OR2213'],
    ['no audience', signed({ claims: { aud: undefined } }), 'OR2213'],
    ['its end', signed({ claims: { exp: start / 1000 } }), 'OR2212'],
    ['no end', signed({ claims: { exp: undefined } }), 'OR2212'],
    ['an end that is text', signed({ claims: { exp: '9999999999' } }), 'OR2212'],
    ['a time before its begin', signed({ claims: { nbf: start / 1000 + 1 } }), 'OR2212'],
    ['no begin', signed({ claims: { nbf: undefined } }), 'OR2212'],
    ['a user', signed({ claims: { sub: 'admin' } }), 'OR2214'],
    ['a node', signed({ claims: { sub: 'system:node:one' } }), 'OR2214'],
    ['a name with a slash', signed({ claims: { sub: 'system:serviceaccount:shop:a/b' } }), 'OR2214'],
    ['a third name', signed({ claims: { sub: 'system:serviceaccount:shop:cart:x' } }), 'OR2214'],
    ['no subject', signed({ claims: { sub: undefined } }), 'OR2214'],
    ['a binding to nothing', signed({ claims: { 'kubernetes.io': undefined } }), 'OR2211'],
    [
      'a subject that differs from its binding',
      signed({ claims: { sub: 'system:serviceaccount:bank:cart' } }),
      'OR2211',
    ],
    [
      'a pod without UID',
      signed({
        claims: { 'kubernetes.io': { namespace: 'shop', serviceaccount: { name: 'cart' }, pod: { name: 'cart-1' } } },
      }),
      'OR2211',
    ],
  ])('%s', (_, token, code) => {
    expect(() => tokens.verify(token)).toThrow(expect.objectContaining({ code: expect.stringMatching(code) }));
  });

  test('no message quotes a token', () => {
    for (const token of [`${good}x`, stranger, signed({ claims: { aud: 'api' } })]) {
      expect(() => tokens.verify(token)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining(token.slice(0, 20)) }),
      );
    }
  });
});

describe('the key', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outrigger-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('is made once, 0600, and kept over restarts', async () => {
    const path = join(folder, 'state', 'token-key.pem');
    const keys = await Promise.all([loadTokenKey(path), loadTokenKey(path)]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const texts = keys.map((one) => one.export({ type: 'pkcs8', format: 'pem' }));
    expect(new Set([...texts, await readFile(path, 'utf8')]).size).toBe(1);
  });

  test('of another kind is not used', async () => {
    const path = join(folder, 'wrong.pem');
    for (const text of ['nonsense', '']) {
      await writeFile(path, text);
      await expect(loadTokenKey(path)).rejects.toMatchObject({ code: 'OR2216', at: path });
    }
  });
});
