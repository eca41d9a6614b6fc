import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { certificateSecret, identitySecretName, rootSecretName, trustSecret } from './secrets.ts';

const decode = (value: unknown) => Buffer.from((value as { inline_bytes: string }).inline_bytes, 'base64').toString();

test('the certificate of a proxy, as Envoy takes it', () => {
  const { type, name, message } = certificateSecret(identitySecretName, { chainPem: 'CHAIN', keyPem: 'KEY' });
  expect([type, name, message['name']]).toEqual(['secret', 'default', 'default']);
  const certificate = message['tls_certificate'] as Record<string, unknown>;
  expect(decode(certificate['certificate_chain'])).toBe('CHAIN');
  expect(decode(certificate['private_key'])).toBe('KEY');
});

test('the roots', () => {
  const { name, message } = trustSecret(rootSecretName, 'ROOTS');
  expect(name).toBe('ROOTCA');
  expect(decode((message['validation_context'] as Record<string, unknown>)['trusted_ca'])).toBe('ROOTS');
});

test('printed, it shows no key in any form', () => {
  const keyPem = '-----BEGIN PRIVATE KEY-----';
  const secret = certificateSecret('default', { chainPem: '', keyPem });
  const base64 = Buffer.from(keyPem).toString('base64');
  for (const text of [JSON.stringify(secret), inspect(secret, { depth: 9, getters: true, showHidden: true })]) {
    expect(text).not.toContain(keyPem);
    expect(text).not.toContain(base64);
  }
});
