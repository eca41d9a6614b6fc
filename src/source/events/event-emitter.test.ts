import { describe, expect, test } from 'vitest';
import type { KubeAnswer, KubeConnection, KubeRequest } from '../kubernetes/connection.ts';
import type { AdmissionOutcome } from './describe-outcome.ts';
import { describeOutcome } from './describe-outcome.ts';
import { EventEmitter } from './event-emitter.ts';

const skipped: AdmissionOutcome = {
  outcome: 'skipped',
  namespace: 'shop',
  pod: 'web-7d4b9c-*',
  owner: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-7d4b9c', uid: 'u1' },
  dryRun: false,
  message: 'The pod annotation sidecar.istio.io/inject is "false".',
  warnings: [],
  error: undefined,
};
const error = { code: 'OR1201', message: 'OR1201 bad value', remedy: 'Write a number.' };

describe('what is said of an admission', () => {
  test.each([
    [
      'a skipped pod',
      skipped,
      { type: 'Normal', reason: 'InjectionSkipped', about: { kind: 'ReplicaSet', uid: 'u1' } },
    ],
    [
      'a misspelt one',
      { ...skipped, warnings: ['w'] },
      { type: 'Warning', note: expect.stringMatching(/"false"\. w$/) },
    ],
    ['a refused one', { ...skipped, outcome: 'rejected', error }, { type: 'Warning', reason: 'InjectionRejected' }],
    ['a bare pod', { ...skipped, owner: undefined, pod: 'a' }, { about: { kind: 'Pod', name: 'a' } }],
    [
      'a bare pod without a name',
      { ...skipped, owner: undefined, pod: 'a-*' },
      { about: { kind: 'Namespace', name: 'shop' } },
    ],
    [
      'an injected one with warnings',
      { ...skipped, outcome: 'injected', warnings: ['w'] },
      { reason: 'InjectionWarning' },
    ],
  ])('%s', (_, outcome, wanted) => expect(describeOutcome(outcome)).toMatchObject(wanted));

  test.each([
    ['a dry run', { ...skipped, dryRun: true }],
    ['an injected pod', { ...skipped, outcome: 'injected' }],
    ['what is no pod', { ...skipped, outcome: 'ignored' }],
    ['what cannot be read', { ...skipped, outcome: 'malformed', namespace: '' }],
  ])('nothing of %s', (_, outcome) => expect(describeOutcome(outcome)).toBeUndefined());

  test('a note is never longer than the API takes', () => {
    expect(describeOutcome({ ...skipped, message: 'x'.repeat(5_000) })?.note.length).toBe(1024);
  });
});

function emitter(answer: () => Promise<KubeAnswer>, queueLimit?: number) {
  const calls: KubeRequest[] = [];
  const problems: string[] = [];
  const connection: KubeConnection = {
    server: '',
    json: (call) => {
      calls.push(call);
      return answer();
    },
    stream: () => Promise.reject(new Error('not used')),
    reload: () => undefined,
  };
  let serial = 0;
  const time: { now: number; flush: (() => void) | undefined } = { now: 0, flush: undefined };
  const made = new EventEmitter({
    connection,
    queueLimit,
    instance: 'outrigger-1',
    nameSuffix: () => String(++serial),
    clock: {
      now: () => time.now,
      after: (_, run) => {
        time.flush = run;
        return () => {
          time.flush = undefined;
        };
      },
    },
    onProblem: ({ reason }) => problems.push(reason),
  });
  return { made, calls, problems, time };
}
const ok = async (): Promise<KubeAnswer> => ({ status: 201, retryAfterMs: undefined, body: {} });
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('500 pods of one owner are one Event, its count comes later', async () => {
  const { made, calls, time } = emitter(ok);
  const abort = new AbortController();
  made.start(abort.signal);
  for (let i = 0; i < 500; i++) made.offer({ ...skipped, pod: `web-${i}` });
  await settle();
  expect(calls.map((call) => call.path)).toEqual(['/api/v1/namespaces/shop/events']);
  expect(calls[0]?.body).toMatchObject({ involvedObject: { uid: 'u1', namespace: 'shop' }, count: 1 });
  time.now = 60_000;
  time.flush?.();
  await settle();
  expect(calls[1]?.body).toMatchObject({ count: 499, firstTimestamp: '1970-01-01T00:00:00.000Z' });
  abort.abort();
  expect(time.flush).toBeUndefined();
});

test('a namespace that no path can be of is counted, and the next Event goes out', async () => {
  const { made, calls, problems } = emitter(ok);
  made.start(new AbortController().signal);
  made.offer({ ...skipped, namespace: '\ud800' });
  await settle();
  made.offer({ ...skipped, owner: undefined, pod: 'b' });
  await settle();
  expect([calls.length, problems, made.counts]).toEqual([1, ['unreachable'], { posted: 1, dropped: 0, failed: 1 }]);
});

test('a full queue drops, a refusing or absent API server is counted; nothing is thrown', async () => {
  const stuck = emitter(() => new Promise(() => undefined), 2);
  stuck.made.start(new AbortController().signal);
  for (let i = 0; i < 5; i++) stuck.made.offer({ ...skipped, message: `m${i}` });
  expect(stuck.made.counts).toEqual({ posted: 0, dropped: 2, failed: 0 });
  const refusing = emitter(async () => ({ status: 403, retryAfterMs: undefined, body: {} }));
  refusing.made.start(new AbortController().signal);
  refusing.made.offer(skipped);
  await settle();
  expect(refusing.problems).toEqual(['refused']);
  const absent = emitter(() => Promise.reject(new Error('ECONNREFUSED')));
  absent.made.start(new AbortController().signal);
  absent.made.offer(skipped);
  await settle();
  expect(absent.made.counts.failed).toBe(1);
});
