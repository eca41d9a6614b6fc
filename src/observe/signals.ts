import type { Signals } from '../model/service-graph.ts';
import { quantiles } from './quantile.ts';
import { Count, type Tally } from './tally.ts';

/** Of what was counted in so many seconds. */
export function signalsOf(count: Count, seconds: number): Signals {
  const { requests, failed, buckets } = count;
  const [p50 = null, p95 = null, p99 = null] = quantiles([0.5, 0.95, 0.99], buckets);
  return {
    requestsPerSecond: rate(requests, seconds),
    errorShare: requests > 0 ? failed / requests : null,
    ...{ p50, p95, p99 },
  };
}

export function rate(count: number, seconds: number): number {
  return seconds > 0 ? count / seconds : 0;
}

/**
 * What both sides counted is the same: that of the caller, who also sees what never arrived; that of the other side where it counted
 * more, since proxies of callers may not have answered.
 */
export function countedBy({ bySource, byDestination }: Tally): Count {
  return volume(byDestination) > volume(bySource) ? byDestination : bySource;
}

export function volume({ requests, opened }: Count): number {
  return requests + opened;
}

export function totalOf(counts: Iterable<Count>): Count {
  const total = new Count();
  for (const count of counts) total.merge(count);
  return total;
}
