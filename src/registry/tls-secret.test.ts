import { beforeAll, expect, test } from 'vitest';
import { makeRoot } from '../identity/make-certificates.ts';
import type { Root } from '../identity/root-store.ts';
import type { JsonObject } from '../model/json.ts';
import type { SourceObject } from '../source/object-source.ts';
import { Registry } from './registry.ts';
import { printRegistryProblem } from './registry-problem.ts';

let one: Root;
let two: Root;
beforeAll(async () => {
  one = await makeRoot(new Date());
  two = await makeRoot(new Date());
});

function secret(name: string, content: Record<string, string>, type = 'Opaque'): SourceObject {
  const data = Object.entries(content).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  const object: JsonObject = { metadata: { name }, type, data: Object.fromEntries(data) };
  const place = { kind: 'Secret', namespace: 'gw', name };
  return { apiVersion: 'v1', ...place, object, origin: place };
}

function build(...upserts: SourceObject[]) {
  const registry = new Registry({ domainSuffix: 'cluster.local' });
  const put = (...more: SourceObject[]) => registry.apply({ upserts: more, removals: [] });
  put(...upserts);
  const problems = () => registry.problems().map(printRegistryProblem);
  return { registry, put, problems, get: (name: string) => registry.snapshot.secrets.get(`gw/${name}`) };
}

test('both forms are read, with the CA of the clients from where it is', () => {
  const { get, put, registry, problems } = build(
    secret('tls', { 'tls.crt': one.certificatePem, 'tls.key': one.privateKeyPem }, 'kubernetes.io/tls'),
    secret('opaque', { cert: one.certificatePem, key: one.privateKeyPem, cacert: two.certificatePem }),
    secret('other', { password: 'hunter2' }),
  );
  expect(get('tls')).toMatchObject({ certificate: one.certificatePem, key: one.privateKeyPem, ca: '' });
  expect(get('opaque')).toMatchObject({ key: one.privateKeyPem, ca: two.certificatePem });
  put(secret('tls-cacert', { cacert: two.certificatePem }));
  expect(get('tls')?.ca).toBe(two.certificatePem);
  registry.apply({ upserts: [], removals: ['Secret gw/tls-cacert'] });
  expect(get('tls')?.ca).toBe('');
  expect(problems()).toEqual([]);
});

test('a CA alone is read, under its own name and for the name that its own is made from', () => {
  const { get, registry, problems } = build(
    secret('alone', { 'ca.crt': one.certificatePem }),
    secret('form', { cacert: two.certificatePem }),
    secret('other-cacert', { 'ca.crt': two.certificatePem }),
  );
  expect(get('alone')).toMatchObject({ certificate: '', key: '', ca: one.certificatePem });
  expect(get('form')?.ca).toBe(two.certificatePem);
  expect(get('other')).toMatchObject({ certificate: '', key: '', ca: two.certificatePem });
  registry.apply({ upserts: [secret('alone', { 'ca.crt': 'hunter2' })], removals: ['Secret gw/other-cacert'] });
  expect(get('other')).toBeUndefined();
  expect(problems()).toEqual([expect.stringMatching(/^OR2104 Secret gw\/alone data\["ca.crt"\]/)]);
});

test.each([
  ['no PEM', () => ({ 'tls.crt': 'hunter2', 'tls.key': one.privateKeyPem }), 'OR2104', 'tls.crt'],
  ['nothing', () => ({}), 'OR2104', 'tls.crt'],
  [
    'a damaged certificate',
    () => ({ 'tls.crt': one.certificatePem.replace(/\n.{20}/, '\nhunter2'), 'tls.key': one.privateKeyPem }),
    'OR2104',
    'tls.crt',
  ],
  ['no key', () => ({ 'tls.crt': one.certificatePem, 'tls.key': 'hunter2' }), 'OR2105', 'tls.key'],
  ["another's key", () => ({ 'tls.crt': one.certificatePem, 'tls.key': two.privateKeyPem }), 'OR2105', 'tls.key'],
  [
    'a CA that is none',
    () => ({ 'tls.crt': one.certificatePem, 'tls.key': one.privateKeyPem, 'ca.crt': 'hunter2' }),
    'OR2104',
    'ca.crt',
  ],
])('with %s the last good pair stays, and nothing is quoted', (_, content, code, key) => {
  const good = secret('tls', { 'tls.crt': two.certificatePem, 'tls.key': two.privateKeyPem }, 'kubernetes.io/tls');
  const { get, put, problems } = build(good);
  put(secret('tls', content(), 'kubernetes.io/tls'));
  expect(get('tls')?.key).toBe(two.privateKeyPem);
  expect(problems()).toEqual([expect.stringMatching(`^${code} Secret gw/tls data\\["${key}"\\]: `)]);
  expect(problems().join()).not.toContain('hunter2');
  put(good);
  expect(problems()).toEqual([]);
});
