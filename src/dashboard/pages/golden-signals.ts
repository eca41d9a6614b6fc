import type { GoldenSignals, Series } from '../../model/service-graph.ts';
import type { Tick } from '../../observe/history.ts';
import { countedBy, signalsOf, totalOf } from '../../observe/signals.ts';
import type { Tally } from '../../observe/tally.ts';

/** Durations are asked for so often. */
const stepMs = 15_000;
const points = 40;

/** The last ten minutes of some calls. A step in which nobody counted is a gap; one without requests has no durations. */
export function goldenSignals(ticks: readonly Tick[], isOne: (tally: Tally) => boolean): GoldenSignals {
  const end = ticks.at(-1)?.end ?? 0;
  const start = end - stepMs * points;
  const known = ticks.map((tick) => {
    const counts = [...tick.tallies.values()].filter(isOne).map(countedBy);
    return { tick, signals: signalsOf(totalOf(counts), (tick.end - tick.start) / 1000) };
  });
  const steps = Array.from({ length: points }, (_, at) => {
    const middle = start + (at + 0.5) * stepMs;
    return known.find(({ tick }) => tick.start <= middle && middle < tick.end)?.signals;
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
