import { expect, test } from 'vitest';
import { ProxyCounters } from './proxy-counters.ts';

const memory = 'envoy_server_memory_allocated{} 1000\n';
/** As Envoy 1.40 prints `cluster.outbound|9080|v1|reviews.shop.svc.cluster.local;.outlier_detection.ejections_active`. */
const ejected = (cluster: string, count: number, rest = 'shop_svc_cluster_local__') =>
  `envoy_cluster_${rest}outlier_detection_ejections_active{envoy_cluster_name="${cluster}"} ${count}\n`;
const name = 'outbound|9080|v1|reviews';
const reviews = `${name} shop_svc_cluster_local_`;

test('a proxy at the bound of its series says so, until it begins anew', () => {
  const counters = new ProxyCounters('shop');
  const isFull = (text: string) => {
    counters.take(Buffer.from(memory + text), new Map());
    return counters.use.isFull;
  };
  expect(isFull('')).toBe(false);
  expect(isFull('envoy_server_stats_overflow_counter{} 0\n')).toBe(false);
  expect(isFull('envoy_server_stats_overflow_histogram{} 3\n')).toBe(true);
  expect(isFull('envoy_server_stats_overflow_counter{} 7\n')).toBe(true);
  expect(isFull('')).toBe(false);
});

test('what a proxy has ejected, until it has no more or the cluster is gone', () => {
  const counters = new ProxyCounters('shop');
  const take = (text: string) => {
    counters.take(Buffer.from(memory + text), new Map());
    return { memory: counters.use.memory, ejected: [...counters.use.ejected] };
  };
  expect(take('')).toEqual({ memory: 1000, ejected: [] });
  expect(take(ejected(name, 0))).toEqual({ memory: 1000, ejected: [] });
  expect(take(ejected(name, 2)).ejected).toEqual([[reviews, 2]]);
  expect(take(ejected(name, 1)).ejected).toEqual([[reviews, 1]]);
  expect(take(ejected(name, 0)).ejected).toEqual([]);
  take(ejected(name, 3) + ejected('xds', 4) + ejected('outbound|1||plain;', 5, ''));
  expect([...counters.use.ejected]).toEqual([
    [reviews, 3],
    ['outbound|1||plain; ', 5],
  ]);
  expect(take('')).toEqual({ memory: 1000, ejected: [] });
});
