import Fastify, { type FastifyInstance } from 'fastify';
import supertest from 'supertest';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { codedErrorHandler } from '../http/coded-answers.ts';
import type { Doubts } from './judge-resource.ts';
import { type ValidationOutcome, validationPlugin } from './validation-plugin.ts';

let app: FastifyInstance;
let outcomes: ValidationOutcome[];
let faults: unknown[];
let doubts: Doubts;

beforeEach(async () => {
  outcomes = [];
  faults = [];
  doubts = () => [];
  app = Fastify();
  app.setErrorHandler(codedErrorHandler((error) => faults.push(error)));
  const options = {
    doubts: (...given: Parameters<Doubts>) => doubts(...given),
    bodyLimit: 100_000,
    onOutcome: (outcome: ValidationOutcome) => outcomes.push(outcome),
    onFault: (error: unknown) => faults.push(error),
  };
  await app.register(validationPlugin(options));
  await app.ready();
});
afterEach(() => app.close());

const resource = (spec: object, kind = 'VirtualService', metadata: object = {}) => ({
  apiVersion: kind.endsWith('Authentication') ? 'security.istio.io/v1' : 'networking.istio.io/v1',
  kind,
  metadata: { name: 'a', namespace: 'shop', ...metadata },
  spec,
});
const bad = { hosts: ['a'], http: [{ route: [{ destination: { host: 'a' }, weight: -1 }] }] };
const good = { hosts: ['a'], http: [{ route: [{ destination: { host: 'a' } }] }] };

async function ask(request: object): Promise<{ allowed: boolean; status?: { message: string }; warnings?: string[] }> {
  const answer = await supertest(app.server)
    .post('/validate')
    .send({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      request: { uid: 'u-1', namespace: 'shop', operation: 'CREATE', ...request },
    });
  expect([answer.status, answer.body.kind, answer.body.response.uid]).toEqual([200, 'AdmissionReview', 'u-1']);
  return answer.body.response;
}

test('a right one is let in without a word', async () => {
  expect(await ask({ object: resource(good) })).toEqual({ uid: 'u-1', allowed: true });
  expect(outcomes).toEqual([{ passed: true, kind: 'VirtualService', code: '' }]);
});

test('an error is refused, with the place of each field and a remedy', async () => {
  const { allowed, status } = await ask({ object: resource({ ...bad, gateways: 5 }) });
  expect(allowed).toBe(false);
  expect(status?.message).toContain('spec.http[0].route[0].weight');
  expect(status?.message).toContain('spec.gateways');
  expect(status?.message).toContain('docs/api.md');
  expect(outcomes).toEqual([{ passed: false, kind: 'VirtualService', code: 'OR2550' }]);
});

test.each([
  ['a deletion', { operation: 'DELETE', oldObject: resource(bad), object: null }],
  ['a status', { operation: 'UPDATE', subResource: 'status', object: resource(bad), oldObject: resource(good) }],
  ['another kind', { object: { ...resource(bad), apiVersion: 'example.com/v1' } }],
  ['a connection', { operation: 'CONNECT', object: resource(bad) }],
])('%s is let in', async (_, request) => {
  expect(await ask(request)).toEqual({ uid: 'u-1', allowed: true });
});

test.each([
  ['whose spec is what it was', resource(bad, 'VirtualService', { labels: { a: 'b' } })],
  ['that is going away', resource({ ...bad, hosts: ['b'] }, 'VirtualService', { deletionTimestamp: '2026-01-01' })],
])('a wrong one %s is let in, and told', async (_, object) => {
  const { allowed, warnings } = await ask({ operation: 'UPDATE', object, oldObject: resource(bad) });
  expect([allowed, warnings]).toEqual([true, [expect.stringMatching(/weight.*not in force/)]]);
});

test('an update that changes a wrong spec to a wrong one is refused', async () => {
  const { allowed } = await ask({
    ...{ operation: 'UPDATE', object: resource({ ...bad, hosts: ['b'] }), oldObject: resource(bad) },
  });
  expect(allowed).toBe(false);
});

test.each([
  ['an empty prefix', { uri: { prefix: '' } }],
  ['too many repetitions', { uri: { regex: '(a{1000}){6}b{1000}c{1000}d{1000}e{1000}f{1000}' } }],
])('%s, which Istio takes and Envoy does not, is let in with a warning', async (_, match) => {
  const object = resource({ hosts: ['a'], http: [{ match: [match], route: [{ destination: { host: 'a' } }] }] });
  const { allowed, warnings } = await ask({ object });
  expect([allowed, warnings]).toEqual([true, [expect.stringContaining('not in force')]]);
});

test('doubts, unknown fields and fields without effect are warnings', async () => {
  doubts = (object, namespace) => [`${namespace} ${object.kind}`];
  const object = resource({ ...good, gatewys: [] });
  const { allowed, warnings } = await ask({ object });
  expect(allowed).toBe(true);
  expect(warnings).toEqual([expect.stringMatching(/gatewys.*did you mean/), 'shop VirtualService']);
  const gateway = { servers: [{ hosts: ['a'], port: { number: 80, name: 'a', protocol: 'HTTP' } }] };
  const pair = { serverCertificate: '/cert', privateKey: '/key' };
  const tls = { mode: 'SIMPLE', tlsCertificates: [{ ...pair, caCertificates: '/ca' }] };
  const https = { hosts: ['b'], port: { number: 443, name: 'b', protocol: 'HTTPS' }, tls };
  const answer = await ask({ object: resource({ servers: [...gateway.servers, https] }, 'Gateway') });
  expect(answer.warnings).toContainEqual(expect.stringMatching(/OR2404 .*caCertificates has no effect yet/));
});

test('a fault of ours lets it in, says so, and is reported', async () => {
  doubts = () => {
    throw new Error('secret');
  };
  const { allowed, warnings } = await ask({ object: resource(good) });
  expect([allowed, warnings]).toEqual([true, [expect.stringMatching(/^OR1901 (?!.*secret)/)]]);
  expect(faults).toHaveLength(1);
});

test('a name that is still to be made is no fault', async () => {
  const { metadata: _, ...rest } = resource(good);
  expect(await ask({ object: { ...rest, metadata: { generateName: 'a-' } } })).toEqual({ uid: 'u-1', allowed: true });
});

test.each([
  ['no review', { kind: 'Pod' }, 400, 'OR1104'],
  ['nothing', '', 400, 'OR1102'],
  ['too much', `"${'x'.repeat(200_000)}"`, 413, 'OR1106'],
])('%s is an error of HTTP', async (_, body, status, code) => {
  const answer = await supertest(app.server).post('/validate').set('content-type', 'application/json').send(body);
  expect([answer.status, answer.body.error.code]).toEqual([status, code]);
});
