import { expect, test } from 'vitest';
import type { Json } from '../../model/json.ts';
import { RotationSecrets } from './rotation-secrets.ts';

const pem = Buffer.from('-----BEGIN X-----').toString('base64');
const data = { 'ca-cert.pem': pem, 'ca-key.pem': pem, 'root-cert.pem': pem };

/** Secrets by name; the real API server is in test/cluster. */
const storeOf = (secrets: Readonly<Record<string, Json>>) =>
  new RotationSecrets({
    connection: {
      server: 'https://api',
      reload: () => {},
      stream: () => Promise.reject(new Error('not used')),
      json: async ({ path }) => {
        const body = secrets[path.split('/').at(-1) ?? ''];
        return { status: body === undefined ? 404 : 200, retryAfterMs: undefined, body: body ?? null };
      },
    },
    namespace: 'outrigger-system',
  });

test('a damaged root and a damaged one that waits beside it have remedies of their own', async () => {
  const damaged = { data: { ...data, 'ca-key.pem': '' } };
  await expect(storeOf({ 'outrigger-mesh-root': damaged }).read()).rejects.toThrow(/^OR2201 .*ca-key.pem/);
  await expect(
    storeOf({ 'outrigger-mesh-root': { data }, 'outrigger-mesh-root-next': damaged }).read(),
  ).rejects.toThrow(/^OR2242 Secret outrigger-system\/outrigger-mesh-root-next has no PEM in ca-key.pem/);
});
