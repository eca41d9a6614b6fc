import Fastify, { type FastifyInstance } from 'fastify';
import supertest from 'supertest';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { OutriggerError } from '../errors.ts';
import type { ClusterFacts } from '../model/pod.ts';
import type { InjectRequest } from './review/request.ts';
import { defaultBodyLimit, webhookPlugin } from './webhook.ts';
import type { Answered, OutcomeEvent } from './webhook-types.ts';

const namespace = { name: 'default', labels: { 'istio-injection': 'enabled' }, annotations: {} };
const injected: Answered = {
  decision: { inject: true, decidedBy: 'namespace_label', message: 'The namespace says so.' },
  patchBase64: Buffer.from(JSON.stringify([{ op: 'add', path: '/metadata/labels', value: { mesh: 'ü' } }])).toString(
    'base64',
  ),
  patchBytes: 66,
  warnings: [],
};

let app: FastifyInstance;
let events: OutcomeEvent[];
let faults: unknown[];
let requests: InjectRequest[];
let inject: (request: InjectRequest) => Answered;
let facts: { -readonly [K in keyof ClusterFacts]: ClusterFacts[K] };

beforeEach(async () => {
  events = [];
  faults = [];
  requests = [];
  inject = () => injected;
  facts = {
    synced: true,
    namespace: (name) => (name === 'default' ? namespace : undefined),
    fetchNamespace: async (name) => (name === 'fresh' ? { ...namespace, name } : undefined),
    nodes: () => [{ name: 'a', kubeletVersion: 'v1.34.1' }],
  };
  app = Fastify();
  await app.register(
    webhookPlugin({
      injector: {
        inject: (request) => {
          requests.push(request);
          return inject(request);
        },
      },
      facts,
      onOutcome: (event) => events.push(event),
      onFault: (error) => faults.push(error),
      now: () => performance.now(),
      lookupTimeoutMs: 50,
      bodyLimit: defaultBodyLimit,
    }),
  );
  await app.ready();
});
afterEach(() => app.close());

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { generateName: 'web-' },
  spec: { containers: [{ name: 'a' }] },
};
const request = (overrides: object = {}) => ({
  uid: 'u-1',
  kind: { group: '', version: 'v1', kind: 'Pod' },
  resource: { group: '', version: 'v1', resource: 'pods' },
  namespace: 'default',
  operation: 'CREATE',
  object: pod,
  ...overrides,
});
const review = (overrides: object = {}, version = 'v1') => ({
  apiVersion: `admission.k8s.io/${version}`,
  kind: 'AdmissionReview',
  request: request(overrides),
});
const post = (body: object | string, path = '/inject') =>
  supertest(app.server).post(path).set('content-type', 'application/json').send(body);

describe('a pod that is created', () => {
  test.each(['v1', 'v1beta1'])('is answered in %s, with uid and patch', async (version) => {
    const answer = await post(review({}, version))
      .expect(200)
      .expect('content-type', /application\/json/);
    expect(answer.body.apiVersion).toBe(`admission.k8s.io/${version}`);
    expect(answer.body.kind).toBe('AdmissionReview');
    const { patch, ...rest } = answer.body.response;
    expect(rest).toEqual({
      uid: 'u-1',
      allowed: true,
      patchType: 'JSONPatch',
      auditAnnotations: { decision: 'namespace_label' },
    });
    expect(patch).toBe(injected.patchBase64);
    expect(events).toMatchObject([
      { outcome: 'injected', uid: 'u-1', namespace: 'default', pod: 'web-*', reason: 'namespace_label' },
    ]);
  });

  test('reaches the injector with its namespace, the nodes and the URL parameters', async () => {
    await post(review(), '/inject/cluster/east/net/a--slash--b/').expect(200);
    expect(requests).toMatchObject([
      {
        pod: { metadata: { namespace: 'default' } },
        namespace: { name: 'default' },
        nodes: [{ kubeletVersion: 'v1.34.1' }],
        urlParameters: { cluster: 'east', net: 'a/b' },
      },
    ]);
  });

  test('reaches it with the tag of the webhook that asks, which is no variable of the proxy', async () => {
    await post(review(), '/inject/revision-tag/prod').expect(200);
    expect(requests).toMatchObject([{ tag: 'prod', urlParameters: {} }]);
  });

  test('reaches it with what ProxyConfigs say of its namespace and labels', async () => {
    facts.proxyConfigs = (name, { app: threads }) => ({ wide: [{ [name]: Number(threads) }] });
    await post(review({ object: { ...pod, metadata: { ...pod.metadata, labels: { app: '7' } } } })).expect(200);
    expect(requests[0]?.proxyConfigs).toEqual({ wide: [{ default: 7 }] });
  });

  test('is answered in ASCII, whatever its uid and warnings hold', async () => {
    inject = () => ({ ...injected, warnings: ['schön 𝒳'] });
    const answer = await post(review({ uid: 'ü' })).expect(200);
    expect(answer.body.response).toMatchObject({ uid: 'ü', warnings: ['schön 𝒳'] });
    expect(answer.text).toMatch(/^[\x20-\x7e]*$/);
    expect(answer.headers['content-length']).toBe(String(answer.text.length));
  });

  test('that is left alone gets neither patch nor patchType', async () => {
    inject = () => ({
      ...injected,
      decision: { inject: false, decidedBy: 'host_network', message: 'It says so.' },
      patchBase64: '',
      patchBytes: 0,
      warnings: ['a warning'],
    });
    const answer = await post(review()).expect(200);
    expect(answer.body.response).toEqual({
      uid: 'u-1',
      allowed: true,
      auditAnnotations: { decision: 'host_network' },
      warnings: ['a warning'],
    });
    expect(events).toMatchObject([{ outcome: 'skipped', reason: 'host_network', warnings: ['a warning'] }]);
  });

  test('in a namespace that only the source itself knows is injected', async () => {
    await post(review({ namespace: 'fresh' })).expect(200);
    expect(requests).toMatchObject([{ namespace: { name: 'fresh' } }]);
  });

  test('as a dry run is answered alike, and the event says so', async () => {
    const answer = await post(review({ dryRun: true })).expect(200);
    expect(answer.body.response.patch).toBeDefined();
    expect(events).toMatchObject([{ dryRun: true }]);
  });

  test('with __proto__ keys reaches the injector with them, and nothing is polluted', async () => {
    const text = JSON.stringify(review()).replace('"generateName"', '"__proto__":{"polluted":true},"generateName"');
    await post(text).expect(200);
    expect(Object.hasOwn(requests[0]?.pod.metadata ?? {}, '__proto__')).toBe(true);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test('of nearly 6 MiB is answered', async () => {
    const annotations = { big: 'x'.repeat(defaultBodyLimit - 1000) };
    const answer = await post(review({ object: { ...pod, metadata: { annotations } } })).expect(200);
    expect(answer.body.response.allowed).toBe(true);
  });

  test('names its controlling owner in the event', async () => {
    const ownerReferences = [
      { apiVersion: 'v1', kind: 'Other', name: 'x', uid: '1' },
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-5', uid: '2', controller: true },
    ];
    await post(review({ object: { ...pod, metadata: { name: 'web-5-a', ownerReferences } } }));
    expect(events).toMatchObject([
      { pod: 'web-5-a', owner: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-5', uid: '2' } },
    ]);
  });
});

describe('anything else is allowed untouched', () => {
  test.each([
    ['an update', { operation: 'UPDATE' }],
    ['a connection', { operation: 'CONNECT', object: null }],
    ['a deletion', { operation: 'DELETE', object: null }],
    ['a subresource', { subResource: 'ephemeralcontainers' }],
    ['another kind', { kind: { group: 'apps', version: 'v1', kind: 'Deployment' } }],
    ['a Pod of another group', { kind: { group: 'example.com', version: 'v1', kind: 'Pod' } }],
  ])('%s', async (_, overrides) => {
    const answer = await post(review(overrides)).expect(200);
    expect(answer.body.response).toEqual({ uid: 'u-1', allowed: true });
    expect(requests).toEqual([]);
    expect(events).toMatchObject([{ outcome: 'ignored' }]);
  });
});

describe('a pod is refused, never let through uninjected', () => {
  const refusal = async (overrides: object, path = '/inject') =>
    (await post(review(overrides), path).expect(200)).body.response;

  test('when the injector refuses it: code, sentence and remedy', async () => {
    inject = () => {
      throw new OutriggerError('OR1002', 'it is wrong', { at: 'metadata.annotations["a"]' });
    };
    expect(await refusal({})).toEqual({
      uid: 'u-1',
      allowed: false,
      status: {
        status: 'Failure',
        reason: 'BadRequest',
        code: 400,
        message: 'OR1002 metadata.annotations["a"]: it is wrong. Give the value the form that the message names.',
      },
    });
    expect(events).toMatchObject([{ outcome: 'rejected', error: { code: 'OR1002' } }]);
    expect(faults).toEqual([]);
  });

  test('when the injector fails: OR1901, and the stack stays inside', async () => {
    const secret = new Error('secret in src/inject/x.ts');
    inject = () => {
      throw secret;
    };
    const response = await refusal({});
    expect(response).toMatchObject({ uid: 'u-1', allowed: false, status: { code: 500, reason: 'InternalError' } });
    expect(response.status.message).toMatch(/^OR1901 /);
    expect(JSON.stringify(response)).not.toMatch(/secret|\.ts| {4}at /);
    expect(faults).toEqual([secret]);
    expect(events).toMatchObject([{ outcome: 'failed' }]);
  });

  test.each([
    ['an unknown namespace', { namespace: 'nowhere' }, 'OR1111', 404],
    ['no namespace at all', { namespace: '' }, 'OR1113', 422],
    ['no object', { object: null }, 'OR1113', 422],
    ['no spec', { object: { ...pod, spec: undefined } }, 'OR1113', 422],
    ['no container', { object: { ...pod, spec: { containers: [] } } }, 'OR1113', 422],
  ])('with %s', async (_, overrides, code, status) => {
    const response = await refusal(overrides);
    expect(response).toMatchObject({ allowed: false, status: { code: status } });
    expect(response.status.message).toContain(code);
  });

  test('before the source is synced', async () => {
    facts.synced = false;
    expect((await refusal({})).status).toMatchObject({ code: 503, message: expect.stringContaining('OR1110') });
  });

  test('when the namespace cannot be looked up, or not in time', async () => {
    facts.fetchNamespace = () => Promise.reject(new Error('connection refused'));
    expect((await refusal({ namespace: 'x' })).status.message).toMatch(/OR1114 .*connection refused/);
    facts.fetchNamespace = () => new Promise(() => {});
    expect((await refusal({ namespace: 'x' })).status.message).toMatch(/OR1114 .*no answer in 50 ms/);
  });

  test('when the URL holds half a parameter', async () => {
    expect((await refusal({}, '/inject/cluster')).status.message).toMatch(/OR1112 .*"cluster" has no value/);
  });
});

describe('what is no review gets an HTTP error with a code', () => {
  const json = 'application/json';
  test.each([
    ['another content type', 'text/yaml', 'a: b', 415, 'OR1101'],
    ['no body', json, '', 400, 'OR1102'],
    ['bad JSON', json, '{"a": hunter2', 400, 'OR1103'],
    ['a list', json, '[]', 400, 'OR1104'],
    ['another kind', json, '{"kind":"Pod","apiVersion":"v1"}', 400, 'OR1104'],
    ['another version', json, JSON.stringify(review({}, 'v2')), 400, 'OR1104'],
    ['no request', json, '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"}', 400, 'OR1105'],
    ['no uid', json, JSON.stringify(review({ uid: undefined })), 400, 'OR1105'],
    ['no kind anywhere', json, JSON.stringify(review({ kind: undefined, object: {} })), 400, 'OR1105'],
    ['more than 6 MiB', json, `"${'x'.repeat(defaultBodyLimit)}"`, 413, 'OR1106'],
  ])('%s', async (_, type, body, status, code) => {
    const answer = await app.inject({ method: 'POST', url: '/inject', headers: { 'content-type': type }, body });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.json()).toMatchObject({ error: { code, remedy: expect.any(String) } });
    expect(answer.body).not.toContain('hunter2');
    expect(events).toMatchObject([{ outcome: 'malformed', error: { code } }]);
    expect(faults).toEqual([]);
  });

  test('no content type, no body', async () => {
    const answer = await app.inject({ method: 'POST', url: '/inject' });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error.code).toBe('OR1102');
  });
});

test('a listener that throws does not change the answer', async () => {
  events.push = () => {
    throw new Error('listener');
  };
  await post(review()).expect(200);
  expect(faults).toHaveLength(1);
});
