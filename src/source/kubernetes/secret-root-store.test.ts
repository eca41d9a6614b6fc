import { describe, expect, test } from 'vitest';
import type { Json } from '../../model/json.ts';
import type { KubeAnswer, KubeConnection, KubeRequest } from './connection.ts';
import { SecretRootStore } from './secret-root-store.ts';

/** An API server that gives one answer to every call; the real one is in test/cluster. */
function storeOf(answer: Partial<KubeAnswer>) {
  const calls: KubeRequest[] = [];
  const connection: KubeConnection = {
    server: 'https://api',
    reload: () => {},
    stream: () => Promise.reject(new Error('not used')),
    json: async (call) => {
      calls.push(call);
      return { status: 200, retryAfterMs: undefined, body: null, ...answer };
    },
  };
  return { calls, store: new SecretRootStore({ connection, namespace: 'outrigger-system', name: 'root' }) };
}

const root = { certificatePem: '-----BEGIN CERTIFICATE-----\n', privateKeyPem: '-----BEGIN PRIVATE KEY-----\n' };
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('the webhook root in a Secret', () => {
  test('is read, and absent is undefined', async () => {
    const data = { 'ca.crt': base64(root.certificatePem), 'ca.key': base64(root.privateKeyPem) };
    expect(await storeOf({ body: { data } }).store.load()).toEqual(root);
    expect(await storeOf({ status: 404 }).store.load()).toBeUndefined();
  });

  test.each<Json>([{}, { data: {} }, { data: { 'ca.crt': base64('nonsense') } }, { data: { 'ca.crt': 7 } }])(
    'damaged is OR1633: %j',
    async (body) => {
      await expect(storeOf({ body }).store.load()).rejects.toThrow(/^OR1633 .*outrigger-system\/root/);
    },
  );

  test('no right to create it is OR1634, with the Secret that has to be made first', async () => {
    await expect(storeOf({ status: 403 }).store.save(root)).rejects.toThrow(/^OR1634 .*outrigger-system\/root/);
  });

  test('another replica was first: that is no error', async () => {
    const { store, calls } = storeOf({ status: 409 });
    await store.save(root);
    expect(calls.map((call) => call.method)).toEqual(['POST']);
  });

  test('any other answer is OR1632', async () => {
    await expect(storeOf({ status: 500 }).store.load()).rejects.toThrow(/^OR1632 /);
    await expect(storeOf({ status: 500 }).store.save(root)).rejects.toThrow(/^OR1632 /);
  });
});
