import Fastify from 'fastify';
import supertest from 'supertest';
import Value from 'typebox/value';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { cpuMs } from '../../test/cpu-time.ts';
import { texts } from '../../test/injector-fixture.ts';
import { buildInjector } from '../inject/build-injector.ts';
import { type InjectionSettings, InjectionSettingsSchema } from '../inject/review/settings.ts';
import type { ClusterFacts } from '../model/pod.ts';
import { previewPlugin } from './preview-plugin.ts';

const known: Readonly<Record<string, Record<string, string>>> = {
  shop: { 'istio-injection': 'enabled' },
  tagged: { 'istio.io/rev': 'prod' },
};
const facts: ClusterFacts = {
  namespace: (name) => (known[name] === undefined ? undefined : { name, labels: known[name], annotations: {} }),
  fetchNamespace: async () => undefined,
  nodes: () => [],
  synced: true,
};
const faults: unknown[] = [];
let tags: Record<string, string> = {};
const app = Fastify();
app.register(
  previewPlugin({
    injector: buildInjector(Value.Default(InjectionSettingsSchema, {}) as InjectionSettings, texts),
    facts,
    installed: async () => ({ revisions: ['default', 'next'], tags }),
    bodyLimit: 6 * 1024 * 1024,
    onFault: (error) => faults.push(error),
  }),
);
beforeAll(async () => void (await app.ready()));
afterAll(() => app.close());

const pod =
  'apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {app: web}}\nspec: {containers: [{name: web, image: a}]}\n';
const post = (query = '', body = pod) =>
  supertest(app.server).post(`/preview${query}`).set('content-type', 'application/yaml').send(body);

describe('POST /preview', () => {
  test('answers JSON: decision with reasons, patch, object, rules, bootstrap, what is added', async () => {
    const { body } = await post('?namespace=shop').expect(200).expect('content-type', /json/);
    expect(body).toMatchObject({ kind: 'Pod', name: 'web', namespace: 'shop', outcome: 'injected' });
    expect(body.decision).toMatchObject({ inject: true, decidedBy: 'namespace_label' });
    expect(body.decision.reasons.length).toBe(12);
    expect(body.patch.length).toBeGreaterThan(3);
    expect(body.object.spec.initContainers.map((one: { name: string }) => one.name)).toEqual([
      'istio-init',
      'istio-proxy',
    ]);
    expect(body.rules.v4).toContain('--to-ports 15001');
    expect(body.rules.v6).toContain('::6/128');
    expect(body.bootstrap.admin).toBeDefined();
    expect(body.added.requests).toEqual({ cpu: '50m', memory: '64Mi' });
  });

  test('a tag of the cluster is known as soon as it is there', async () => {
    const decision = async () => (await post('?namespace=tagged').expect(200)).body.decision;
    expect(await decision()).toMatchObject({ inject: false, decidedBy: 'revision_not_installed' });
    tags = { prod: 'next' };
    expect(await decision()).toMatchObject({ inject: false, decidedBy: 'other_revision' });
    tags = { prod: 'default' };
    expect((await decision()).inject).toBe(true);
  });

  test('YAML is the object, text the unified diff', async () => {
    const yaml = await post('?namespace=shop')
      .set('accept', 'application/yaml')
      .expect(200)
      .expect('content-type', /yaml/);
    expect(parse(yaml.text).spec.initContainers.length).toBe(2);
    const diff = await post('?namespace=shop').set('accept', 'text/plain').expect(200);
    expect(diff.text).toMatch(/^# Pod shop\/web: injected\. /);
    expect(diff.text).toContain('\n--- Pod shop/web\n+++ Pod shop/web (injected)\n@@ ');
  });

  test("the namespace's own labels and annotations can be given", async () => {
    expect((await post('?namespace=other&labels=').expect(200)).body.outcome).toBe('skipped');
    expect((await post('?namespace=other&labels=istio-injection=enabled').expect(200)).body.outcome).toBe('injected');
    expect((await post('?namespace=shop&labels=istio-injection=disabled').expect(200)).body.decision.decidedBy).toBe(
      'namespace_disabled',
    );
    const { body } = await post(
      '?namespace=shop&annotations=sidecar.istio.io/proxyCPU=7m,linkerd.io/inject=enabled',
    ).expect(200);
    expect(body.added).toEqual({ requests: { cpu: '7m' } });
    expect((await post('?labels=nonsense').expect(400)).body.error.code).toBe('OR1210');
  });

  test('several documents, lists and workloads; Secrets keep their content to themselves', async () => {
    const deployment =
      '---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d, namespace: shop}\nspec: {template: {spec: {containers: [{name: a, image: a}]}}}\n';
    const secret = '---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: hunter2}\n';
    const { body } = await post('?namespace=shop', pod + deployment + secret).expect(200);
    expect(body.items.map((item: { kind: string }) => item.kind)).toEqual(['Pod', 'Deployment']);
    const yaml = await post('?namespace=shop', pod + deployment + secret)
      .set('accept', 'application/yaml')
      .expect(200);
    expect(yaml.text).toContain('password:');
    expect(yaml.text).not.toContain('hunter2');
    const list = JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: [parse(pod), { ...parse(pod), metadata: { name: 'b' } }],
    });
    expect((await post('?namespace=shop', list).expect(200)).body.items.length).toBe(2);
  });

  test('an unknown namespace is what the webhook would answer', async () => {
    const { body } = await post('?namespace=nope').expect(200);
    expect(body).toMatchObject({ namespace: 'nope', outcome: 'rejected', error: { code: 'OR1111' }, patch: [] });
    expect((await post('?namespace=nope').set('accept', 'text/plain')).text).toMatch(
      /^# Pod nope\/web: rejected\. OR1111/,
    );
  });

  test('as many keys as 256 KiB of YAML hold are answered in time', async () => {
    const head = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n';
    const keys = Array.from({ length: 22_000 }, (_, index) => `  k${index}: a\n`).join('');
    const begin = cpuMs();
    const yaml = await post('?namespace=shop', head + keys)
      .set('accept', 'application/yaml')
      .expect(200);
    expect(cpuMs() - begin).toBeLessThan(1500);
    expect(yaml.text.length).toBe(head.length + keys.length);
  });

  test('more than a preview takes is refused before anything is injected', async () => {
    const large = 'x'.repeat(300 * 1024);
    const list = (items: readonly unknown[], kind = 'List') => JSON.stringify({ apiVersion: 'v1', kind, items });
    const one = parse(pod);
    const withText = { ...one, spec: { containers: [{ name: 'web', image: 'a', args: [large] }] } };
    for (const [body, detail] of [
      [`${pod}# ${large}\n`, /256 KiB/],
      [list(Array.from({ length: 101 }, () => one)), /101 objects/],
      [
        list(
          Array.from({ length: 101 }, () => ({ spec: one.spec })),
          'PodList',
        ),
        /101 objects/,
      ],
      [list([list, list].map(() => ({ kind: 'List', items: Array.from({ length: 51 }, () => one) }))), /102 objects/],
      ['{"kind":"A"}'.repeat(101), /101 objects/],
      [list([withText]), /several objects/],
    ] as const) {
      const answer = await post('?namespace=shop', body).expect(413);
      expect(answer.body.error).toMatchObject({ code: 'OR1213', message: expect.stringMatching(detail) });
    }
    expect((await post('?namespace=shop', JSON.stringify(withText)).expect(200)).body.outcome).toBe('injected');
    const diff = await post('?namespace=shop', JSON.stringify(withText)).set('accept', 'text/plain').expect(413);
    expect(diff.body.error).toMatchObject({ code: 'OR1213', message: expect.stringMatching(/JSON alone/) });
  });

  test('the diff of a large pod holds nobody up', async () => {
    const env = Array.from({ length: 20 }, (_, index) => ({ name: `V${index}`, value: 'x' }));
    const containers = Array.from({ length: 250 }, (_, index) => ({
      env,
      name: `c${index}`,
      image: 'a',
      livenessProbe: { httpGet: { port: 80 } },
    }));
    const begin = cpuMs();
    const body = JSON.stringify({ ...parse(pod), spec: { containers } });
    const { text } = await post('?namespace=shop', body).set('accept', 'text/plain').expect(200);
    expect(text).toMatch(/^# Pod shop\/web: injected/);
    expect(cpuMs() - begin).toBeLessThan(3000);
  });

  test('comments of a Secret, SecretLists and odd Secrets are not shown', async () => {
    const secret = 'kind: Secret # hunter2\n# hunter3\ndata:\n  a: hunter4 # hunter5\nstringdata: hunter6\n';
    const list = 'kind: SecretList\nitems:\n- data: {a: hunter7} # hunter8\n';
    const mixed = `kind: List\nitems:\n- kind: Secret\n  data: {a: hunter9} # hunter\n- ${JSON.stringify(parse(pod))}\n`;
    const body = [secret, list, mixed].join('---\n');
    for (const accept of ['application/yaml', 'application/json', 'text/plain']) {
      const { text } = await post('?namespace=shop', body).set('accept', accept).expect(200);
      expect(text).toContain('istio-proxy');
      expect(text).not.toContain('hunter');
    }
  });

  test.each([
    ['?namespace=shop&namespace=other', /namespace= is there more than once/],
    ['?labels=a=b&labels=c=d', /labels= is there more than once/],
    ['?namspace=shop', /no \?namspace=; did you mean namespace\?/],
    ['?wholly-unlike=1', /there are namespace, labels, annotations, explain/],
  ])('the query %s is OR1214', async (query, message) => {
    const { body } = await post(query).expect(400);
    expect(body.error).toMatchObject({ code: 'OR1214', message: expect.stringMatching(message) });
    expect(faults).toEqual([]);
  });

  test('an AdmissionReview stands for its pod and namespace', async () => {
    const review = {
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      request: { uid: 'u', namespace: 'shop', object: parse(pod) },
    };
    const { body } = await post('', JSON.stringify(review)).set('content-type', 'application/json').expect(200);
    expect(body).toMatchObject({ namespace: 'shop', outcome: 'injected' });
  });

  test('a pod that would be refused is an answer, with code and remedy', async () => {
    const { body } = await post(
      '?namespace=shop',
      pod.replace('labels:', 'annotations: {sidecar.istio.io/proxyCPU: "-1"}, labels:'),
    ).expect(200);
    expect(body).toMatchObject({ outcome: 'rejected', error: { code: 'OR1202' }, patch: [], decision: null });
  });

  test.each([
    ['', 400, 'OR1102'],
    ['{', 400, 'OR1209'],
    ['kind: Pod\nspec: [', 400, 'OR1209'],
    ['just text', 400, 'OR1209'],
    ['metadata: {}', 400, 'OR1209'],
    ['kind: Pod', 422, 'OR1204'],
    ['kind: Deployment\nmetadata: {name: x}', 422, 'OR1204'],
    ['kind: Pod\nmetadata: {labels: {a: 1}}\nspec: {containers: [{name: a}]}', 422, 'OR1204'],
    ['kind: Pod\nspec: {containers: [{name: a}, {name: a}]}', 422, 'OR1204'],
    ['a: &a [*a]\nkind: Pod', 400, 'OR1209'],
  ])('bad body %j is %i %s', async (body, status, code) => {
    const answer = await post('', body).expect(status);
    expect(answer.body.error).toMatchObject({ code });
    expect(answer.body.error.remedy).not.toBe('');
    expect(faults).toEqual([]);
  });
});
