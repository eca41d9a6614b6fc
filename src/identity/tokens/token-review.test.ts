import { inspect } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import { OutriggerError } from '../../errors.ts';
import { type ReviewedToken, TokenReviewAuthenticator } from './token-review.ts';

const start = 1_800_000_000_000;
let now: number;
let calls: number;
let answer: () => Promise<ReviewedToken>;
let authenticator: TokenReviewAuthenticator;
const never = new AbortController().signal;

const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');
const tokenOf = (claims: object) => `${encode({ alg: 'RS256' })}.${encode(claims)}.c2ln`;
const token = tokenOf({ exp: start / 1000 + 3600 });
const good: ReviewedToken = {
  authenticated: true,
  user: 'system:serviceaccount:shop:cart',
  audiences: ['istio-ca'],
  extra: {
    'authentication.kubernetes.io/pod-name': ['cart-1'],
    'authentication.kubernetes.io/pod-uid': ['u-1'],
  },
  error: '',
};
const peer = {
  namespace: 'shop',
  serviceAccount: 'cart',
  pod: { name: 'cart-1', uid: 'u-1' },
  expiresAt: start + 3_600_000,
};

beforeEach(() => {
  [now, calls] = [start, 0];
  answer = async () => good;
  authenticator = new TokenReviewAuthenticator({
    now: () => now,
    timeoutMs: 50,
    capacity: 2,
    review: () => {
      calls += 1;
      return answer();
    },
  });
});

test('a token that the API server knows proves its pod; asked once', async () => {
  const all = await Promise.all([1, 2, 3].map(() => authenticator.authenticate(token, never)));
  expect(all).toEqual([peer, peer, peer]);
  expect(await authenticator.authenticate(token, never)).toEqual(peer);
  expect(calls).toBe(1);
});

test('a token bound to no pod has none', async () => {
  answer = async () => ({ ...good, extra: {} });
  expect((await authenticator.authenticate(token, never)).pod).toBeUndefined();
});

describe('what is refused', () => {
  test.each([
    ['unknown', { authenticated: false, error: 'invalid bearer token' }, 'OR2211'],
    ['without our audience', { audiences: [] }, 'OR2213'],
    [
      'of another audience, as Kubernetes says it',
      {
        authenticated: false,
        error: '[invalid bearer token, token audiences ["x"] is invalid for the target audiences ["istio-ca"]]',
      },
      'OR2213',
    ],
    ['a user', { user: 'kubernetes-admin' }, 'OR2214'],
    ['a node', { user: 'system:node:one' }, 'OR2214'],
  ])('%s', async (_, changes, code) => {
    answer = async () => ({ ...good, ...changes });
    await expect(authenticator.authenticate(token, never)).rejects.toMatchObject({ code });
  });

  test('text that is no JWT asks nobody', async () => {
    await expect(authenticator.authenticate('', never)).rejects.toMatchObject({ code: 'OR2210' });
    await expect(authenticator.authenticate('secret', never)).rejects.toMatchObject({ code: 'OR2210' });
    expect(calls).toBe(0);
  });

  test('a token without end', async () => {
    await expect(authenticator.authenticate(tokenOf({}), never)).rejects.toMatchObject({ code: 'OR2212' });
  });

  test('is remembered briefly', async () => {
    answer = async () => ({ ...good, authenticated: false });
    for (const _ of [1, 2]) await expect(authenticator.authenticate(token, never)).rejects.toThrow('OR2211');
    expect(calls).toBe(1);
    answer = async () => good;
    now += 10_001;
    expect(await authenticator.authenticate(token, never)).toEqual(peer);
  });
});

describe('the memory', () => {
  test('asks again after a while, and refuses what was revoked', async () => {
    await authenticator.authenticate(token, never);
    now += 5 * 60_000;
    answer = async () => ({ ...good, authenticated: false });
    await expect(authenticator.authenticate(token, never)).rejects.toMatchObject({ code: 'OR2211' });
  });

  test('never outlives the token', async () => {
    const short = tokenOf({ exp: start / 1000 + 60 });
    await authenticator.authenticate(short, never);
    now += 60_000;
    answer = () => Promise.reject(new Error('away'));
    await expect(authenticator.authenticate(short, never)).rejects.toMatchObject({ code: 'OR2215' });
  });

  test('is bounded', async () => {
    for (const jti of [1, 2, 3]) await authenticator.authenticate(tokenOf({ exp: start / 1000 + 60, jti }), never);
    await authenticator.authenticate(tokenOf({ exp: start / 1000 + 60, jti: 1 }), never);
    expect(calls).toBe(4);
  });

  test('holds no token', async () => {
    await authenticator.authenticate(token, never);
    expect(inspect(authenticator, { depth: 9, showHidden: true })).not.toContain(token);
  });
});

describe('an API server that is away', () => {
  test('gives a coded error to try again; the next call does', async () => {
    const away = new OutriggerError('OR1630', 'POST https://api: connect ECONNREFUSED');
    answer = () => Promise.reject(away);
    await expect(authenticator.authenticate(token, never)).rejects.toMatchObject({ code: 'OR2215', cause: away });
    answer = async () => good;
    expect(await authenticator.authenticate(token, never)).toEqual(peer);
  });

  test('does not drop who was proven before', async () => {
    await authenticator.authenticate(token, never);
    now += 30 * 60_000;
    answer = () => Promise.reject(new Error('away'));
    expect(await authenticator.authenticate(token, never)).toEqual(peer);
  });

  test('that hangs is not waited for', async () => {
    answer = () => new Promise(() => {});
    await expect(authenticator.authenticate(token, never)).rejects.toMatchObject({ code: 'OR2215' });
  });

  test('one who gives up leaves the review to the others', async () => {
    let release = () => {};
    answer = () =>
      new Promise((resolve) => {
        release = () => resolve(good);
      });
    const stop = new AbortController();
    const first = authenticator.authenticate(token, stop.signal);
    const second = authenticator.authenticate(token, never);
    stop.abort(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    release();
    expect(await second).toEqual(peer);
    expect(calls).toBe(1);
  });
});
