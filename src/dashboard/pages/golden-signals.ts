import type { GoldenSignals, Series } from '../../model/service-graph.ts';
import type { Tick } from '../../observe/history.ts';
import { countedBy, signalsOf, totalOf } from '../../observe/signals.ts';
import type { Tally } from '../../observe/tally.ts';

const stepMs = 15_000;
const points = 40;

/** The last ten minutes of some calls. A step in which nobody counted is a gap; one without requests has no durations. */
export function goldenSignals(ticks: readonly Tick[], isOne: (tally: Tally) => boolean): GoldenSignals {
  const end = ticks.at(-1)?.end ?? 0;
  const start = end - stepMs * points;
  const counted = ticks.map((tick) => ({
    ...{ from: tick.start, to: tick.end, middle: (tick.start + tick.end) / 2 },
    count: totalOf([...tick.tallies.values()].filter(isOne).map(countedBy)),
  }));
  const steps = Array.from({ length: points }, (_, at) => {
    const [from, to] = [start + at * stepMs, start + (at + 1) * stepMs];
    const within = counted.filter(({ middle }) => from <= middle && middle < to);
    // Ticks of long ago are longer than a step.
    const parts = within.length > 0 ? within : counted.filter((one) => one.from <= from && to <= one.to);
    const seconds = parts.reduce((sum, one) => sum + one.to - one.from, 0) / 1000;
    return parts.length === 0 ? undefined : signalsOf(totalOf(parts.map(({ count }) => count)), seconds);
  });
  const series = (pick: (signals: NonNullable<(typeof steps)[number]>) => number | null): Series => ({
    ...{ start, stepMs },
    values: steps.map((signals) => (signals === undefined ? null : pick(signals))),
  });
  return {
    requests: series(({ requestsPerSecond }) => requestsPerSecond),
    errors: series(({ errorShare }) => errorShare),
    p50: series(({ p50 }) => p50),
    p95: series(({ p95 }) => p95),
    p99: series(({ p99 }) => p99),
  };
}
