import { expect, test } from 'vitest';
import type { Graph, GraphEdge, GraphNode } from '../../model/service-graph.ts';
import { printTable } from '../../operate/text/table.ts';
import { rightSize } from './right-size.ts';
import { edgeRows, edgeTable, statRows, statTable, topRows, topTable } from './tables.ts';

const signals = { requestsPerSecond: 12.34, errorShare: 0.125, p50: 3.25, p95: 48.9, p99: null };
const node = (kind: GraphNode['kind'], namespace: string, name: string): GraphNode => ({
  ...{ id: `${kind}/${namespace}/${name}/`, kind, namespace, name, app: name, version: '' },
  health: { state: 'healthy', reason: '' },
  inbound: signals,
  proxies: kind === 'workload' ? { connected: 1, expected: 2 } : { connected: 0, expected: 0 },
});
const failures: GraphEdge['failures'] = [
  { by: 'caller', status: 503, grpc: null, flags: 'UO', perSecond: 2 },
  { by: 'app', status: 200, grpc: 13, flags: '', perSecond: 1 },
  { by: 'client', status: 0, grpc: null, flags: 'DC', perSecond: 0.5 },
];
const edge = (source: string, target: string, share: number | null, p95: number): GraphEdge => ({
  ...{ id: `${source} > ${target}`, source, target, hosts: [], protocol: 'http', failures },
  signals: { ...signals, p95 },
  bytesPerSecond: { sent: 0, received: 0 },
  mtls: { share, sourcePrincipals: [], destinationPrincipals: [] },
});
const graph: Graph = {
  ...{ at: 0, rangeSeconds: 60 },
  telemetry: { kind: 'proxies', state: 'ok', asOf: 0, proxies: { asked: 1, answered: 1 } },
  nodes: [node('workload', 'shop', 'web'), node('workload', 'bank', 'cart'), node('unknown', '', 'unknown')],
  edges: [
    edge('workload/shop/web/', 'workload/bank/cart/', 1, 10),
    edge('unknown//unknown/', 'workload/bank/cart/', 0, 30),
    edge('workload/bank/cart/', 'workload/shop/web/', 0.5, 20),
  ],
};
const all = { namespace: undefined, name: undefined };

test('stat: workloads with the columns that users know', () => {
  expect(printTable(statTable(statRows(graph, { namespace: 'shop', name: undefined }), false))).toBe(
    'NAME   MESHED   SUCCESS   RPS       LATENCY_P50   LATENCY_P95   LATENCY_P99\n' +
      'web    1/2      87.50%    12.3rps   3.3ms         49ms          -\n',
  );
  expect(statRows(graph, all)).toHaveLength(2);
  expect(statRows(graph, { namespace: 'shop', name: 'cart' })).toEqual([]);
});

test('edges: of either side, and secured by what was seen', () => {
  const cells = edgeTable(edgeRows(graph, all)).rows;
  expect(cells).toEqual([
    ['web', 'cart', 'shop', 'bank', '√'],
    ['unknown', 'cart', '', 'bank', 'no'],
    ['cart', 'web', 'bank', 'shop', '50.0%'],
  ]);
  expect(edgeRows(graph, { namespace: 'shop', name: 'web' })).toHaveLength(2);
});

test('top: the most of something, and no more rows than asked for', () => {
  const rows = topTable(topRows(edgeRows(graph, all), 'p95', 2)).rows;
  expect(rows.map(([source, target]) => `${source} ${target}`)).toEqual(['unknown bank/cart', 'bank/cart shop/web']);
  expect(rows[0]?.at(-1)).toBe('caller 503 UO, app grpc 13, 1 more');
});

test('the right size: a quarter more than the most, in steps; nothing where nothing is known', () => {
  expect(rightSize({ memory: 50 * 1024 * 1024, cpu: 0.013 })).toEqual({
    'sidecar.istio.io/proxyMemory': '64Mi',
    'sidecar.istio.io/proxyMemoryLimit': '128Mi',
    'sidecar.istio.io/proxyCPU': '20m',
  });
  expect(rightSize({ memory: undefined, cpu: undefined })).toEqual({});
});
