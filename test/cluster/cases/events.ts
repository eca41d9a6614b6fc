import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AdmissionOutcome } from '../../../src/source/events/describe-outcome.ts';
import { EventEmitter } from '../../../src/source/events/event-emitter.ts';
import { createConnection } from '../../../src/source/kubernetes/connection.ts';
import { createCredentials } from '../../../src/source/kubernetes/credentials.ts';
import { waitFor } from '../child.ts';
import { makeNamespace } from '../fixtures.ts';
import type { Cluster } from '../harness.ts';

const outcome: AdmissionOutcome = {
  outcome: 'skipped',
  namespace: 'events',
  pod: 'bare',
  owner: undefined,
  dryRun: false,
  message: 'The pod annotation sidecar.istio.io/inject is "false".',
  warnings: [],
  error: undefined,
};

export function eventCases(cluster: () => Cluster): void {
  describe('Events', () => {
    const abort = new AbortController();
    beforeAll(() => makeNamespace(cluster(), 'events'));
    afterAll(() => {
      abort.abort();
      return cluster().api.call('DELETE', '/api/v1/namespaces/events');
    });

    test('the API server takes all three subjects, and kubectl shows them', async () => {
      const connection = createConnection(createCredentials({ kubeconfig: cluster().kubeconfig }));
      let serial = 0;
      const emitter = new EventEmitter({ connection, instance: 'test', nameSuffix: () => `t${++serial}` });
      emitter.start(abort.signal);
      const replicaSet = await cluster().api.must('POST', '/apis/apps/v1/namespaces/events/replicasets', {
        metadata: { name: 'web' },
        spec: {
          replicas: 0,
          selector: { matchLabels: { app: 'web' } },
          template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'a', image: 'b' }] } },
        },
      });
      const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: replicaSet.metadata?.uid ?? '' };
      emitter.offer({ ...outcome, pod: 'web-*', owner });
      emitter.offer(outcome);
      emitter.offer({ ...outcome, pod: 'job-*' });
      await waitFor(() => emitter.counts.posted === 3 || undefined, { what: 'the Events' });
      expect(emitter.counts).toEqual({ posted: 3, dropped: 0, failed: 0 });
      const described = await cluster().kubectl(['-n', 'events', 'describe', 'rs', 'web']);
      expect(described.stdout).toMatch(/InjectionSkipped.*outrigger.*not injected/);
      const pod = await cluster().kubectl(['-n', 'events', 'events', '--for', 'pod/bare']);
      expect(pod.stdout).toContain('InjectionSkipped');
      const all = await cluster().kubectl(['-n', 'events', 'get', 'events', '-o', 'name']);
      expect(all.stdout.trim().split('\n').length).toBe(3);
    });
  });
}
