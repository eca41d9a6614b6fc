import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findingsIn } from './findings-in.ts';

/** A budget beside a pod that has to be made anew: two findings, each of its own. */
const pod = readFileSync(join(import.meta.dirname, 'cases/OR3080/fires.yaml'), 'utf8');
const world = readFileSync(join(import.meta.dirname, 'world.yaml'), 'utf8');
const budget = (spec: string) => `---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: bare, namespace: shop}
spec: {selector: {matchLabels: {app: bare}}, ${spec}}
`;
const found = async (text: string) =>
  (
    await findingsIn([
      { name: 'world.yaml', text: world },
      { name: 'given.yaml', text },
    ])
  ).map(({ code, message }) => `${code} ${message}`);

test.each(['minAvailable: 1', 'maxUnavailable: 0', 'minAvailable: 100%'])(
  '%s keeps a pod without its proxy',
  async (spec) => {
    expect(await found(pod + budget(spec))).toEqual([
      expect.stringMatching(/^OR3080 /),
      expect.stringMatching(/^OR3090 .* of 1 \(shop\/bare\) lets none be evicted: it has to be made anew/),
    ]);
  },
);

test.each([
  ['one may go', 'maxUnavailable: 1', pod],
  [
    'the pod is as it should be',
    'minAvailable: 1',
    pod.replace('labels: {app: bare}', "labels: {app: bare, sidecar.istio.io/inject: 'false'}"),
  ],
])('%s: nothing of a budget', async (_, spec, given) => {
  expect((await found(given + budget(spec))).filter((text) => text.startsWith('OR3090'))).toEqual([]);
});
