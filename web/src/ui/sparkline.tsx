import type { Series } from '../../../src/dashboard/api-types.ts';
import { nothing } from '../format/numbers.ts';

interface SparklineProps {
  readonly title: string;
  readonly series: Series;
  readonly format: (value: number) => string;
  readonly tone?: 'accent' | 'bad';
}

const width = 240;
const height = 44;

/** A small chart: what it is now in figures, its course as a line with gaps where nothing is known, from zero to its highest. */
export function Sparkline({ title, series, format, tone = 'accent' }: SparklineProps) {
  const known = series.values.filter((value): value is number => value !== null);
  const now = series.values.findLast((value) => value !== null) ?? null;
  const highest = Math.max(0, ...known);
  const words = now === null ? nothing : format(now);
  return (
    <figure class={now !== null && now > 0 ? `spark ${tone}` : 'spark'}>
      <figcaption>
        <span class="muted">{title}</span> <strong>{words}</strong>
      </figcaption>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${title}: ${words} now`}
      >
        <path class="ground" d={`M0 ${height - 0.5}H${width}`} />
        {runsOf(series.values, highest).map((run) => (
          <path key={run} class="line" d={run} vector-effect="non-scaling-stroke" />
        ))}
      </svg>
      <span class="muted small">
        {known.length === 0
          ? 'nothing counted'
          : `highest ${format(highest)}, last ${formatSpan(series.values.length * series.stepMs)}`}
      </span>
    </figure>
  );
}

const formatSpan = (ms: number) => (ms < 90_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`);

/** A path for each stretch without gaps; a single value between gaps is a short line. */
export function runsOf(values: readonly (number | null)[], highest: number): string[] {
  const step = width / Math.max(1, values.length - 1);
  const top = highest === 0 ? 1 : highest;
  const y = (value: number) => (height - 2 - (value / top) * (height - 4)).toFixed(1);
  const runs: string[] = [];
  let run = '';
  values.forEach((value, index) => {
    if (value === null || !Number.isFinite(value)) {
      if (run !== '') runs.push(run);
      run = '';
      return;
    }
    const x = (index * step).toFixed(1);
    run += run === '' ? `M${x} ${y(value)}h2` : `L${x} ${y(value)}`;
  });
  if (run !== '') runs.push(run);
  return runs;
}
