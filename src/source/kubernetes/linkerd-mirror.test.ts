import { describe, expect, test, vi } from 'vitest';
import type { KubeAnswer, KubeConnection, KubeRequest } from './connection.ts';
import { decideMirror, LinkerdMirror } from './linkerd-mirror.ts';
import type { NamespaceRecord } from './resources.ts';

const label = 'outrigger.io/linkerd-inject';

function namespace(name: string, annotation?: string, mirrored?: string): NamespaceRecord {
  return {
    name,
    resourceVersion: '7',
    annotations: annotation === undefined ? {} : { 'linkerd.io/inject': annotation },
    labels: mirrored === undefined ? {} : { [label]: mirrored },
  };
}

describe('the label that repeats linkerd.io/inject', () => {
  test.each([
    [undefined, undefined, undefined],
    ['enabled', undefined, 'enabled'],
    ['ingress', undefined, 'ingress'],
    ['disabled', undefined, 'disabled'],
    ['enabled', 'enabled', undefined],
    ['disabled', 'enabled', 'disabled'],
    [undefined, 'enabled', null],
    ['Enabled', undefined, undefined],
    ['Enabled', 'enabled', null],
  ])('annotation %s and label %s: %s', (annotation, mirrored, wanted) => {
    expect(decideMirror(namespace('a', annotation, mirrored))).toBe(wanted);
  });
});

function setup(answer: (call: KubeRequest) => number) {
  const calls: KubeRequest[] = [];
  const problems: unknown[] = [];
  const connection: KubeConnection = {
    server: '',
    json: async (call): Promise<KubeAnswer> => {
      calls.push(call);
      return { status: answer(call), retryAfterMs: undefined, body: {} };
    },
    stream: () => Promise.reject(new Error('not used')),
    reload: vi.fn(),
  };
  let tell: (record: NamespaceRecord) => void = () => undefined;
  const waits: (() => void)[] = [];
  const after = (_: number, run: () => void) => {
    waits.push(run);
    return () => undefined;
  };
  const clock = { now: () => 0, after };
  const abort = new AbortController();
  const onProblem = (problem: unknown) => problems.push(problem);
  new LinkerdMirror({ connection, clock, random: () => 0, excluded: ['kube-system'], onProblem }).start((listener) => {
    tell = listener;
    return () => undefined;
  }, abort.signal);
  return { calls, problems, waits, tell: (record: NamespaceRecord) => tell(record) };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('the patch is conditional on the version it was decided on', async () => {
  const run = setup(() => 200);
  run.tell(namespace('a', 'enabled'));
  run.tell(namespace('kube-system', 'enabled'));
  run.tell(namespace('b', undefined, 'enabled'));
  await settle();
  expect(run.calls.map((call) => [call.path, call.body])).toEqual([
    ['/api/v1/namespaces/a', { metadata: { resourceVersion: '7', labels: { [label]: 'enabled' } } }],
    ['/api/v1/namespaces/b', { metadata: { resourceVersion: '7', labels: { [label]: null } } }],
  ]);
});

test('another replica was first: no retry, no complaint', async () => {
  const run = setup(() => 409);
  run.tell(namespace('a', 'enabled'));
  await settle();
  expect([run.calls.length, run.problems.length]).toEqual([1, 0]);
});

test('a missing right is said once, a failing server is tried again', async () => {
  const forbidden = setup(() => 403);
  forbidden.tell(namespace('a', 'enabled'));
  await settle();
  expect(forbidden.problems).toMatchObject([{ namespace: 'a', willRetry: false }]);
  let status = 500;
  const failing = setup(() => status);
  failing.tell(namespace('a', 'enabled'));
  await settle();
  status = 200;
  failing.waits.shift()?.();
  await settle();
  expect(failing.calls.length).toBe(2);
});
