import { replaceQuery } from '../data/route.ts';
import { formatRate } from '../format/numbers.ts';
import { ChangeCount } from '../ui/changes.tsx';
import { HealthGlyph, LockGlyph } from '../ui/marks.tsx';
import type { DrawnGraph } from './aggregate.ts';
import { hasRefusals, isOpen, isProblem } from './filter.ts';

/** The whole in one line: what a person asks first, each answer a way to the details. */
export function Summary({ graph }: { readonly graph: DrawnGraph }) {
  const problems = graph.nodes.filter(isProblem);
  const failing = problems.some((node) => node.health.state === 'failing');
  const open = graph.edges.filter(isOpen).length;
  const refused = graph.edges.filter(hasRefusals).length;
  const rate = graph.edges.reduce((sum, edge) => sum + edge.signals.requestsPerSecond, 0);
  return (
    <ul class="summary">
      <li>
        {countOf(graph.nodes.length, 'node')}, {countOf(graph.edges.length, 'call')}, {formatRate(rate)} requests/s
      </li>
      <li>
        <HealthGlyph state={problems.length === 0 ? 'healthy' : failing ? 'failing' : 'degraded'} />{' '}
        {problems.length === 0 ? (
          'no problems'
        ) : (
          <button type="button" class="link" onClick={() => replaceQuery({ show: 'problems' })}>
            {problems.length} with problems
          </button>
        )}
      </li>
      <li>
        <LockGlyph state={open === 0 ? 'closed' : 'open'} />{' '}
        {open === 0 ? (
          'no call seen in plaintext'
        ) : (
          <button type="button" class="link" onClick={() => replaceQuery({ show: 'plaintext' })}>
            {countOf(open, 'call')} in plaintext
          </button>
        )}
      </li>
      <li>
        <ChangeCount />
      </li>
      {refused === 0 ? null : (
        <li>
          <button type="button" class="link" onClick={() => replaceQuery({ show: 'refused' })}>
            {countOf(refused, 'call')} with refusals
          </button>
        </li>
      )}
    </ul>
  );
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
