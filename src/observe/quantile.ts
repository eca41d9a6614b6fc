import type { Buckets } from './buckets.ts';

/**
 * As Prometheus' histogram_quantile: even within a bucket; in the last one its lower edge. Null: nothing was counted.
 * https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
 */
export function quantiles(shares: readonly number[], buckets: Buckets): (number | null)[] {
  const sorted = buckets.sorted();
  // Proxies are asked one after the other: a bucket may lag behind a lower one.
  let most = 0;
  const counts = sorted.map(({ edge, count }) => {
    most = Math.max(most, count);
    return { edge, count: most };
  });
  return shares.map((share) => (most > 0 ? at(share * most, counts) : null));
}

function at(rank: number, counts: readonly { readonly edge: number; readonly count: number }[]): number | null {
  const found = counts.findIndex(({ count }) => count >= rank);
  const { edge, count } = counts[found] ?? { edge: 0, count: 0 };
  const lower = counts[found - 1] ?? { edge: 0, count: 0 };
  if (edge === Number.POSITIVE_INFINITY) return found === 0 ? null : lower.edge;
  return count === lower.count
    ? edge
    : lower.edge + ((edge - lower.edge) * (rank - lower.count)) / (count - lower.count);
}
