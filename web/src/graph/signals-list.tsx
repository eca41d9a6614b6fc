import type { Signals } from '../../../src/dashboard/api-types.ts';
import { formatMs, formatRate, formatShare } from '../format/numbers.ts';

/** The figures of a node or an edge, each with its name. */
export function SignalsList({ signals }: { readonly signals: Signals }) {
  return (
    <dl class="figures">
      <Figure name="requests/s" value={formatRate(signals.requestsPerSecond)} />
      <Figure name="errors" value={formatShare(signals.errorShare)} bad={(signals.errorShare ?? 0) > 0} />
      <Figure name="p50" value={formatMs(signals.p50)} />
      <Figure name="p95" value={formatMs(signals.p95)} />
      <Figure name="p99" value={formatMs(signals.p99)} />
    </dl>
  );
}

export function Figure({
  name,
  value,
  bad = false,
}: {
  readonly name: string;
  readonly value: string;
  readonly bad?: boolean;
}) {
  return (
    <div class={bad ? 'figure bad' : 'figure'}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
