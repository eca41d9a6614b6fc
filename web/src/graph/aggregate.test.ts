import { expect, test } from 'vitest';
import { edge, graph, node, signals } from '../../../test/ui/fixtures.ts';
import { aggregate, mergeSignals } from './aggregate.ts';

test('versions of an app become one, with their worst health and the sum of their requests', () => {
  const { nodes, edges } = aggregate(graph, 'app');
  const reviews = nodes.find((one) => one.name === 'reviews');
  expect(reviews).toMatchObject({
    version: '3 versions',
    health: { state: 'failing', reason: 'reviews-v3 v3: 12.5 % of requests failed' },
    inbound: { requestsPerSecond: 28 },
    proxies: { connected: 3, expected: 3 },
  });
  const call = edges.find((one) => one.target === reviews?.id);
  expect(call?.signals.requestsPerSecond).toBe(28);
  expect(call?.signals.errorShare).toBeCloseTo(0.5 / 28);
  expect(call?.failures.map(({ flags, perSecond }) => [flags, perSecond])).toEqual([
    ['UF', 0.3],
    ['', 0.2],
  ]);
});

test('a namespace is one; what is outside of the mesh stays apart', () => {
  const { nodes, edges } = aggregate(graph, 'namespace');
  expect(nodes.map((one) => one.name)).toEqual(['default', 'legacy-cron', 'www.googleapis.com']);
  expect(edges.map((one) => [one.source, one.target])).toEqual([
    ['unknown/default/legacy-cron', 'namespace/default'],
    ['namespace/default', 'external//www.googleapis.com'],
  ]);
});

test('the lock of a group is as closed as its requests were', () => {
  const [a, b, c] = [node('a-v1', 'v1'), node('b-v1', 'v1'), node('b-v2', 'v2')];
  const share = (...shares: (number | null)[]) =>
    aggregate(
      {
        nodes: [a, b, c],
        edges: [edge(a, b, { rate: 30, share: shares[0] ?? null }), edge(a, c, { rate: 10, share: shares[1] ?? null })],
      },
      'app',
    ).edges[0]?.mtls.share ?? null;
  expect(share(1, 0)).toBeCloseTo(0.75, 3);
  expect(share(1, 1)).toBe(1);
  expect(share(null, 0)).toBe(0);
  expect(share(null, null)).toBeNull();
});

test('nothing counted has no share of errors and no percentile', () => {
  expect(mergeSignals([signals(0), signals(0)])).toEqual({
    requestsPerSecond: 0,
    errorShare: null,
    p50: null,
    p95: null,
    p99: null,
  });
  expect(mergeSignals([signals(0), signals(5, 0.2)])).toMatchObject({
    requestsPerSecond: 5,
    errorShare: 0.2,
    p99: 1240,
  });
});
