import type { GoldenSignals } from '../../../src/dashboard/api-types.ts';
import { formatMs, formatRate, formatShare } from '../format/numbers.ts';
import { Sparkline } from './sparkline.tsx';

export function GoldenCharts({ signals }: { readonly signals: GoldenSignals }) {
  return (
    <section class="charts" aria-label="Golden signals">
      <Sparkline title="requests/s" series={signals.requests} format={formatRate} />
      <Sparkline title="errors" series={signals.errors} format={formatShare} tone="bad" />
      <Sparkline title="p50" series={signals.p50} format={formatMs} />
      <Sparkline title="p95" series={signals.p95} format={formatMs} />
      <Sparkline title="p99" series={signals.p99} format={formatMs} />
    </section>
  );
}
