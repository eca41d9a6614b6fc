import type { GoldenSignals, Series } from '../../../src/dashboard/api-types.ts';
import { formatMs, formatRate, formatShare } from '../format/numbers.ts';
import { Sparkline } from './sparkline.tsx';

/** Of a control plane that has just begun to count, a minute is shown and not ten that nobody knows. */
const leastMs = 60_000;

export function GoldenCharts({ signals }: { readonly signals: GoldenSignals }) {
  const { requests, errors, p50, p95, p99 } = sinceKnown(signals);
  return (
    <section class="charts" aria-label="Golden signals">
      <Sparkline title="requests/s" series={requests} format={formatRate} />
      <Sparkline title="errors" series={errors} format={formatShare} tone="bad" />
      <Sparkline title="p50" series={p50} format={formatMs} />
      <Sparkline title="p95" series={p95} format={formatMs} />
      <Sparkline title="p99" series={p99} format={formatMs} />
    </section>
  );
}

/** All begin at the same time. */
function sinceKnown({ requests, errors, p50, p95, p99 }: GoldenSignals): GoldenSignals {
  const first = requests.values.findIndex((value) => value !== null);
  const steps = Math.max(requests.values.length - Math.max(0, first), Math.ceil(leastMs / requests.stepMs));
  const cut = (series: Series): Series => ({ ...series, values: series.values.slice(-steps) });
  return { requests: cut(requests), errors: cut(errors), p50: cut(p50), p95: cut(p95), p99: cut(p99) };
}
