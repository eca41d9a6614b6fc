import { expect, test } from 'vitest';
import type { JsonObject } from '../model/json.ts';
import { awaitPart } from './await-part.ts';
import type { InstallCluster } from './cluster.ts';
import { defaultManifestOptions } from './manifest-options.ts';
import { troubleOfPod } from './pod-trouble.ts';
import type { Progress } from './progress.ts';

const pod = (container: JsonObject): JsonObject => ({
  ...{ metadata: { name: 'p' } },
  status: { containerStatuses: [{ name: 'c', ready: false, restartCount: 0, ...container }] },
});
const waiting = (reason: string, message = ''): JsonObject => ({ state: { waiting: { reason, message } } });
const crashed = { terminated: { exitCode: 1, reason: 'Error', message: 'starting\nerror: OR1000 no such key\n' } };

test.each([
  [pod(waiting('ContainerCreating')), undefined],
  [pod(waiting('PodInitializing')), undefined],
  [pod({ state: { running: {} } }), undefined],
  [pod({ state: { running: {} }, ready: true, restartCount: 9, lastState: crashed }), undefined],
  [{ metadata: { name: 'p' } }, undefined],
  [
    pod(waiting('ImagePullBackOff', 'manifest unknown')),
    { text: 'p: c: ImagePullBackOff: manifest unknown', stuck: true },
  ],
  [pod(waiting('SomethingNew')), { text: 'p: c: SomethingNew', stuck: false }],
  [
    pod({ ...waiting('CrashLoopBackOff', 'back-off 40s'), restartCount: 4, lastState: crashed }),
    {
      text: 'p: c: CrashLoopBackOff: it ended with exit code 1 (Error): starting | error: OR1000 no such key',
      stuck: true,
    },
  ],
  [
    pod({ state: { running: {} }, restartCount: 1, lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } } }),
    { text: 'p: c: started again once: it ended with exit code 137 (OOMKilled)', stuck: false },
  ],
  [pod({ state: { running: {} }, restartCount: 3 }), { text: 'p: c: started again 3 times', stuck: true }],
  [
    {
      metadata: { name: 'p' },
      status: { conditions: [{ type: 'PodScheduled', status: 'False', message: '0/3 nodes are available' }] },
    },
    { text: 'p: 0/3 nodes are available', stuck: false },
  ],
])('%j', (object, expected) => {
  expect(troubleOfPod(object as JsonObject)).toEqual(expected);
});

/** Waits for a Deployment without a replica whose pods these are, on a clock of its own. */
async function waitFor(podAt: (second: number) => JsonObject, timeoutMs: number) {
  let time = 0;
  const labels = { app: 'outrigger', 'outrigger.io/rev': 'canary' };
  const asked: unknown[] = [];
  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'o', namespace: 'n' } };
  const cluster = {
    get: async () => ({ ...deployment, spec: { replicas: 1 }, status: {} }),
    list: async (_: string, query: object) => {
      asked.push(query);
      return [podAt(time / 1000)];
    },
  } as unknown as InstallCluster;
  const told: Progress[] = [];
  const object = { ...deployment, spec: { selector: { matchLabels: labels } } };
  const ended = await awaitPart({
    ...{
      cluster,
      part: { title: 'Control plane', objects: [object] } as never,
      plan: { ...defaultManifestOptions, caPem: '' },
      timeoutMs,
    },
    ...{ goOn: () => undefined, onProgress: (progress) => void told.push(progress), now: () => new Date(time) },
    sleep: async (ms) => {
      time += ms;
    },
  }).catch((error: unknown) => error);
  expect(asked[0]).toEqual({ labelSelector: 'app=outrigger,outrigger.io/rev=canary' });
  return { ended, told, seconds: time / 1000 };
}

test('what does not go by itself ends the wait after a minute, in the words of the pod', async () => {
  const { ended, told, seconds } = await waitFor(() => pod(waiting('ImagePullBackOff', 'no such image')), 300_000);
  expect(ended).toMatchObject({
    code: 'OR2515',
    detail: 'Deployment n/o: 0 of 1 replicas are available; p: c: ImagePullBackOff: no such image',
  });
  expect(seconds).toBeCloseTo(60.5, 0);
  expect(told[0]).toMatchObject({ kind: 'waiting', trouble: 'p: c: ImagePullBackOff: no such image' });
});

test('a node may still come, and an image at the second try: that is waited for', async () => {
  const unscheduled = { metadata: { name: 'p' }, status: { conditions: [{ type: 'PodScheduled', status: 'False' }] } };
  expect((await waitFor(() => unscheduled, 300_000)).ended).toMatchObject({ code: 'OR2507' });
  const late = (second: number) => pod(waiting(second % 50 < 40 ? 'ErrImagePull' : 'ContainerCreating'));
  expect((await waitFor(late, 300_000)).ended).toMatchObject({ code: 'OR2507' });
});

test('--timeout below the minute is kept', async () => {
  const { ended, seconds } = await waitFor(() => pod(waiting('ErrImagePull', 'x')), 10_000);
  expect([ended, seconds < 12]).toMatchObject([
    { code: 'OR2507', detail: expect.stringContaining('ErrImagePull: x') },
    true,
  ]);
});
