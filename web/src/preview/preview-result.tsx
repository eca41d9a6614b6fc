import { Code } from '../ui/code.tsx';
import { HealthGlyph } from '../ui/marks.tsx';
import { Name } from '../ui/name.tsx';
import { Table } from '../ui/table.tsx';
import type { Preview } from './preview-types.ts';

const outcomes = {
  injected: { state: 'healthy', words: 'gets a proxy' },
  skipped: { state: 'idle', words: 'stays as it is' },
  rejected: { state: 'failing', words: 'is refused' },
} as const;

export function PreviewResult({ preview }: { readonly preview: Preview }) {
  const { kind, name, decision, error, warnings, rules } = preview;
  const { state, words } = outcomes[preview.outcome];
  return (
    <section class="card">
      <h2>
        <HealthGlyph state={state} /> {kind} <Name text={name} /> {words}
      </h2>
      {error === undefined ? null : (
        <p class="bad">
          <bdi>{error.message}</bdi> <bdi>{error.remedy}</bdi> <code>{error.code}</code>
        </p>
      )}
      {decision === null ? null : (
        <p>
          <bdi>{decision.message}</bdi> <span class="muted">(decided by {decision.decidedBy})</span>
        </p>
      )}
      {warnings.map((warning) => (
        <p key={warning} class="warn">
          <bdi>{warning}</bdi>
        </p>
      ))}
      <Cost added={preview.added} />
      {decision === null ? null : (
        <Table
          caption="Reasons, in order"
          rows={decision.reasons}
          keyOf={(reason) => `${reason.check} ${reason.code}`}
          columns={[
            { title: 'Check', cell: (reason) => reason.check },
            { title: 'Verdict', cell: (reason) => reason.verdict },
            { title: 'Why', cell: (reason) => <bdi>{reason.message}</bdi> },
          ]}
        />
      )}
      {rules === null ? null : (
        <details>
          <summary>Capture rules that istio-init applies</summary>
          <Code text={[rules.v4, rules.v6].filter((part) => part !== '').join('\n')} label="iptables rules" />
        </details>
      )}
    </section>
  );
}

function Cost({ added }: Pick<Preview, 'added'>) {
  const parts = (['requests', 'limits'] as const).flatMap((which) => {
    const values = Object.entries(added[which] ?? {});
    return values.length === 0 ? [] : [`${which} ${values.map(([name, value]) => `${name} ${value}`).join(', ')}`];
  });
  if (parts.length === 0) return null;
  return (
    <p>
      The proxy adds: <strong>{parts.join('; ')}</strong>
    </p>
  );
}
