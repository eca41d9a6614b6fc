import { expect, test } from 'vitest';
import type { Json } from '../../model/json.ts';
import type { KubeAnswer, KubeConnection, KubeRequest } from './connection.ts';
import { MeshRootSecret } from './mesh-root-secret.ts';
import { tokenReviews } from './token-review.ts';

function apiServer(answer: Partial<KubeAnswer>) {
  const calls: KubeRequest[] = [];
  const connection: KubeConnection = {
    server: 'https://api',
    reload: () => {},
    stream: () => Promise.reject(new Error('not used')),
    json: async (call) => {
      calls.push(call);
      return { status: 201, retryAfterMs: undefined, body: null, ...answer };
    },
  };
  return { calls, connection };
}
const signal = new AbortController().signal;

test('a TokenReview is sent for our audience, and its status read', async () => {
  const status = {
    authenticated: true,
    audiences: ['istio-ca'],
    user: {
      username: 'system:serviceaccount:shop:cart',
      extra: { 'authentication.kubernetes.io/pod-name': ['cart-1'] },
    },
  };
  const { calls, connection } = apiServer({ body: { status } });
  expect(await tokenReviews(connection, ['istio-ca'])('a.b.c', signal)).toEqual({
    authenticated: true,
    audiences: ['istio-ca'],
    user: 'system:serviceaccount:shop:cart',
    extra: { 'authentication.kubernetes.io/pod-name': ['cart-1'] },
    error: '',
  });
  expect(calls[0]).toMatchObject({ method: 'POST', path: '/apis/authentication.k8s.io/v1/tokenreviews' });
  expect(calls[0]?.body).toMatchObject({ spec: { token: 'a.b.c', audiences: ['istio-ca'] } });
});

test.each<Json>([null, {}, { status: { authenticated: 'true', user: 7 } }])(
  'an answer without sense is a no: %j',
  async (body) => {
    const { connection } = apiServer({ body });
    expect(await tokenReviews(connection, ['istio-ca'])('a.b.c', signal)).toMatchObject({
      authenticated: false,
      user: '',
    });
  },
);

test('a refused call is OR1632, without the token', async () => {
  const { connection } = apiServer({ status: 403 });
  await expect(tokenReviews(connection, [])('a.b.c', signal)).rejects.toThrow(/^OR1632 POST \/apis\S+ answered 403$/);
});

test("the mesh root has the keys of Istio's cacerts", async () => {
  const pem = (what: string) => `-----BEGIN ${what}-----\n`;
  const root = { certificatePem: pem('A'), privateKeyPem: pem('B'), chainPem: pem('C'), rootsPem: pem('D') };
  const { calls, connection } = apiServer({});
  const options = { namespace: 'outrigger-system', names: ['outrigger-mesh-root'] };
  await new MeshRootSecret({ ...options, connection }).save(root);
  const [{ data }] = calls.map(({ body }) => body) as [{ data: Record<string, string> }];
  expect(Object.keys(data)).toEqual(['ca-cert.pem', 'ca-key.pem', 'cert-chain.pem', 'root-cert.pem']);
  const stored = apiServer({ status: 200, body: { data } });
  expect(await new MeshRootSecret({ ...options, connection: stored.connection }).load()).toEqual(root);
  const absent = apiServer({ status: 404 });
  expect(await new MeshRootSecret({ ...options, connection: absent.connection }).load()).toBeUndefined();
  const damaged = apiServer({ status: 200, body: { data: { ...data, 'ca-key.pem': 'eA==' } } });
  await expect(new MeshRootSecret({ ...options, connection: damaged.connection }).load()).rejects.toThrow(
    'OR2201 outrigger-system/outrigger-mesh-root has no PEM in ca-key.pem',
  );
  const forbidden = apiServer({ status: 403 });
  await expect(new MeshRootSecret({ ...options, connection: forbidden.connection }).save(root)).rejects.toThrow(
    'OR2206 Secret outrigger-system/outrigger-mesh-root is not there',
  );
});

test("a user's own Secret is taken before ours, and one that was taken and is gone is missing", async () => {
  const pem = Buffer.from('-----BEGIN X-----\n').toString('base64');
  const data = { 'ca-cert.pem': pem, 'ca-key.pem': pem, 'root-cert.pem': pem };
  const there = new Set(['outrigger-mesh-root']);
  const { connection } = apiServer({});
  const asked: string[] = [];
  const json: typeof connection.json = async ({ path }) => {
    const name = path.split('/').at(-1) ?? '';
    asked.push(name);
    return { status: there.has(name) ? 200 : 404, retryAfterMs: undefined, body: { data } };
  };
  const names = ['cacerts', 'outrigger-mesh-root'];
  const store = new MeshRootSecret({ connection: { ...connection, json }, namespace: 'outrigger-system', names });
  expect(await store.load()).toBeDefined();
  there.add('cacerts');
  expect(await store.load()).toBeDefined();
  there.delete('cacerts');
  expect(await store.load()).toBeUndefined();
  expect(asked).toEqual(['cacerts', 'outrigger-mesh-root', 'cacerts', 'cacerts']);
});
