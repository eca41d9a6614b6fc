import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { guardAddresses } from './address-guard.ts';
import { guardedGet } from './guarded-get.ts';
import { readKeys } from './read-keys.ts';

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
const keySet = JSON.stringify({ keys: [key, { kty: 'none' }] });
type Answer = (response: ServerResponse, request: IncomingMessage) => void;
let answers: Record<string, Answer> = {};
const server = createServer((request, response) => {
  const answer = answers[request.url ?? ''];
  if (answer === undefined) response.writeHead(404).end();
  else answer(response, request);
});
let base = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  answers = { '/keys': (response) => response.end(keySet) };
});

const get = guardedGet(guardAddresses(['127.0.0.0/8']));
const read = (path: string, kind: 'keys' | 'issuer' = 'keys', timeoutMs = 5000) =>
  readKeys({ kind, uri: `${base}${path}`, timeoutMs }, get);
const failure = async (reading: Promise<unknown>): Promise<string> =>
  await reading.then(
    () => 'it was read',
    (error: Error) => error.message,
  );
const redirect =
  (location: string): Answer =>
  (response) =>
    response.writeHead(302, { location }).end();

test('keys by their address; those that cannot be used are told', async () => {
  const { keys, faults } = await read('/keys');
  expect(JSON.parse(keys)).toEqual({ keys: [{ kty: 'EC', crv: 'P-256', x: key.x, y: key.y }] });
  expect(faults).toHaveLength(1);
});

test('keys of an issuer by its OpenID configuration', async () => {
  answers['/realm/.well-known/openid-configuration'] = (response) =>
    response.end(JSON.stringify({ jwks_uri: `${base}/keys` }));
  expect((await read('/realm', 'issuer')).keys).toContain('P-256');
  expect((await read('/realm/', 'issuer')).keys).toContain('P-256');
  answers['/realm/.well-known/openid-configuration'] = (response) => response.end('{"jwks_uri": 5}');
  expect(await failure(read('/realm', 'issuer'))).toContain('has no address jwks_uri');
  expect(await failure(readKeys({ kind: 'issuer', uri: 'me@here', timeoutMs: 1 }, get))).toContain('is no address');
});

test.each<[string, Answer, string]>([
  ['an error', (response) => response.writeHead(500).end(), 'answers 500'],
  ['no JSON', (response) => response.end('<html>'), 'has no list "keys"'],
  ['no good key', (response) => response.end('{"keys": [{}]}'), 'has no key that can be used'],
  ['too much', (response) => response.end(Buffer.alloc(1_100_000, ' ')), 'more than 1048576 bytes'],
  ['a closed connection', (response) => response.destroy(), 'OR2451'],
  ['nothing', () => undefined, 'no answer within 200 ms'],
  ['a part', (response) => void response.write('{"keys"'), 'no answer within 200 ms'],
])('%s is a failure', async (_, answer, message) => {
  answers['/bad'] = answer;
  expect(await failure(read('/bad', 'keys', message.includes('200 ms') ? 200 : 5000))).toContain(message);
});

test('redirects are followed three times, and never to where nothing is read', async () => {
  answers['/1'] = redirect('/2');
  answers['/2'] = redirect('/3');
  answers['/3'] = redirect(`${base}/keys`);
  answers['/0'] = redirect('/1');
  answers['/loop'] = redirect('/loop');
  expect((await read('/1')).keys).toContain('P-256');
  expect(await failure(read('/0'))).toContain('redirects more than 3 times');
  expect(await failure(read('/loop'))).toContain('redirects more than 3 times');
  answers['/away'] = redirect('http://169.254.169.254/latest/meta-data');
  expect(await failure(read('/away'))).toMatch(/^OR2452 169\.254\.169\.254/);
  answers['/file'] = redirect('file:///etc/passwd');
  expect(await failure(read('/file'))).toContain('file: is neither');
});

test('addresses of the control plane itself are not read, by whatever name', async () => {
  const strict = guardedGet(guardAddresses([]));
  const { port } = new URL(base);
  for (const host of ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1'])
    expect(await failure(strict(`http://${host}:${port}/keys`, 5000)), host).toMatch(/^OR2452 /);
});
