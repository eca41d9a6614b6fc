import { describe, expect, test } from 'vitest';
import type { NamespaceFacts } from '../model/pod.ts';
import { Admitter } from './webhook-admit.ts';
import type { OutcomeEvent } from './webhook-types.ts';

const stale: NamespaceFacts = { name: 'shop', labels: {}, annotations: {} };
const labelled: NamespaceFacts = { ...stale, labels: { 'istio-injection': 'enabled' } };
const review = JSON.stringify({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: {
    uid: 'u',
    kind: { group: '', version: 'v1', kind: 'Pod' },
    namespace: 'shop',
    operation: 'CREATE',
    object: { metadata: { name: 'p' }, spec: { containers: [{ name: 'a' }] } },
  },
});

async function admit(fetchNamespace: () => Promise<NamespaceFacts | undefined>) {
  const events: OutcomeEvent[] = [];
  let fetched = 0;
  const admitter = new Admitter({
    injector: {
      inject: ({ namespace }) => {
        const inject = namespace.labels['istio-injection'] === 'enabled';
        const decision = { inject, decidedBy: inject ? 'namespace_label' : 'not_selected', message: '' };
        return { decision, patchBase64: inject ? 'W10=' : '', patchBytes: 2, warnings: [] };
      },
    },
    facts: {
      namespace: () => stale,
      fetchNamespace: () => {
        fetched++;
        return fetchNamespace();
      },
      nodes: () => [],
      synced: true,
    },
    onOutcome: (event) => events.push(event),
    onFault: (error) => expect.fail(String(error)),
    now: () => 0,
    lookupTimeoutMs: 1000,
  });
  const answer = JSON.parse(await admitter.admit(review, '')) as {
    response: { allowed: boolean; patch?: string; warnings?: string[] };
  };
  return { answer: answer.response, events, fetched };
}

describe('a pod that the namespace in memory leaves alone', () => {
  test('is injected when the namespace has been labelled meanwhile', async () => {
    const { answer, events, fetched } = await admit(async () => labelled);
    expect(answer.patch).toBe('W10=');
    expect([events.map((event) => event.outcome), fetched]).toEqual([['injected'], 1]);
  });

  test('is left alone when the source says the same', async () => {
    const { answer, events } = await admit(async () => ({ ...stale }));
    expect([answer.allowed, answer.patch, answer.warnings]).toEqual([true, undefined, undefined]);
    expect(events.map((event) => event.reason)).toEqual(['not_selected']);
  });

  test('is left alone with a warning when the source does not answer', async () => {
    const { answer } = await admit(() => Promise.reject(new Error('away')));
    expect(answer.allowed).toBe(true);
    expect(answer.warnings?.join()).toMatch(/could not be read again \(OR1114\)/);
  });

  test('is refused when its namespace is gone', async () => {
    const { answer } = await admit(async () => undefined);
    expect(answer.allowed).toBe(false);
  });
});
