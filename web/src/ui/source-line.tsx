import type { TelemetrySource } from '../../../src/dashboard/api-types.ts';
import { now } from '../data/clock.ts';
import { dashboardState } from '../data/dashboard-state.ts';
import { formatAge } from '../format/numbers.ts';
import { Name } from './name.tsx';

const places = { prometheus: 'Prometheus', proxies: 'the proxies themselves' };

/** From where the figures come, how old they are, and what is wrong with that. */
export function SourceLine({ source }: { readonly source: TelemetrySource }) {
  const { state, problem, proxies } = source;
  const bad = state === 'failed' || state === 'stale';
  const good = state === 'ok' && proxies.full === undefined;
  return (
    <div class={`source-line ${bad ? 'bad' : good ? '' : 'warn'}`} role="status">
      <span>
        <span class="source-state">{stateWords(source)}</span>
        {source.asOf > 0 ? <span aria-live="off">, {formatAge(now.value - source.asOf)} old</span> : null}
        {proxies.asked > 0 ? `, ${proxies.answered} of ${proxies.asked} proxies answered` : null}
      </span>
      <FullProxies full={proxies.full ?? []} />
      {problem === undefined ? null : (
        <span>
          <bdi>{problem.message}</bdi>. <bdi class="muted">{problem.remedy}</bdi> <code>{problem.code}</code>
        </span>
      )}
    </div>
  );
}

/** What they drop is not in any figure: that is said, with what ends it. */
function FullProxies({ full }: { readonly full: readonly string[] }) {
  const [first] = full;
  if (first === undefined) return null;
  return (
    <span>
      Figures are short: <Name text={first} />
      {full.length === 1 ? ' is' : ` and ${full.length - 1} more are`} at the bound of series and{' '}
      {full.length === 1 ? 'leaves' : 'leave'} calls with new labels out.{' '}
      <span class="muted">
        Remove the label that has no end of values by a Telemetry resource, and make the pods anew.
      </span>
    </span>
  );
}

/** The same for pages whose answers do not say it themselves. */
export function PageSource() {
  const source = dashboardState.value?.telemetry;
  return source === undefined ? null : <SourceLine source={source} />;
}

function stateWords({ kind, state }: TelemetrySource): string {
  if (state === 'starting') return `First figures from ${places[kind]} are on their way`;
  if (state === 'fallback') return 'Prometheus does not answer: figures from the proxies themselves';
  if (state === 'stale') return `The last figures from ${places[kind]}, not refreshed`;
  if (state === 'failed') return `No figures from ${places[kind]}`;
  return `Figures from ${places[kind]}`;
}
