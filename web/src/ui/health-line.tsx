import type { GraphEdge, Health } from '../../../src/dashboard/api-types.ts';
import { mergeFailures } from '../graph/aggregate.ts';
import { MainFailure } from './failures.tsx';
import { HealthMark } from './marks.tsx';

interface HealthLineProps {
  readonly health: Health;
  /** By whose counts it is judged. */
  readonly calls: readonly GraphEdge[];
}

/** By what was counted, and so of some time: the charts below show another one. */
const judged: readonly Health['state'][] = ['healthy', 'degraded', 'failing'];

/** How it is, by which figure, and whether it is the app or the mesh: the first thing that a person asks. */
export function HealthLine({ health, calls }: HealthLineProps) {
  const failures = mergeFailures(calls.flatMap((call) => call.failures));
  return (
    <p class="health-line">
      <span>
        <HealthMark {...health} />
        {judged.includes(health.state) ? <span class="muted"> in the last minute</span> : null}
      </span>
      {failures.length === 0 ? null : (
        <span>
          Most of what did not end well: <MainFailure failures={failures} />
        </span>
      )}
    </p>
  );
}
