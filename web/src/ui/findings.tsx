import type { ConfigRow } from '../../../src/dashboard/api-types.ts';

const shapes = { Error: 'failing', Warning: 'degraded', Info: 'idle' } as const;

import { HealthGlyph } from './marks.tsx';

type Finding = ConfigRow['findings'][number];

export function FindingList({ findings }: { readonly findings: readonly Finding[] }) {
  if (findings.length === 0) return <p class="muted">Nothing is wrong with it.</p>;
  return (
    <ul class="findings">
      {findings.map((one) => (
        <li key={`${one.code} ${one.message}`}>
          <span class="mark">
            <HealthGlyph state={shapes[one.severity]} /> <strong>{one.severity}</strong> <code>{one.code}</code>
          </span>
          <bdi>{one.message}</bdi>
          <bdi class="muted">{one.remedy}</bdi>
        </li>
      ))}
    </ul>
  );
}

/** How many of each severity, worst first; the worst one's sign. */
export function FindingCount({ findings }: { readonly findings: readonly Finding[] }) {
  const severities = ['Error', 'Warning', 'Info'] as const;
  const found = severities.flatMap((severity) => {
    const count = findings.filter((one) => one.severity === severity).length;
    return count === 0 ? [] : [{ severity, count }];
  });
  const [worst] = found;
  if (worst === undefined)
    return (
      <span class="mark">
        <HealthGlyph state="healthy" /> valid
      </span>
    );
  return (
    <span class="mark">
      <HealthGlyph state={shapes[worst.severity]} />{' '}
      {found.map(({ severity, count }) => `${count} ${severity.toLowerCase()}${count === 1 ? '' : 's'}`).join(', ')}
    </span>
  );
}
