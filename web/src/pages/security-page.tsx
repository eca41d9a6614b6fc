import type { SecurityPage as Answer } from '../../../src/dashboard/api-types.ts';
import { useResource } from '../data/use-resource.ts';
import { formatRate } from '../format/numbers.ts';
import { NodeLink } from '../ui/edge-table.tsx';
import { LockWithCause } from '../ui/lock.tsx';
import { LockGlyph } from '../ui/marks.tsx';
import { Name } from '../ui/name.tsx';
import { Because } from '../ui/plaintext-cause.tsx';
import { PageSource } from '../ui/source-line.tsx';
import { Empty, With } from '../ui/states.tsx';
import { Table } from '../ui/table.tsx';

export function SecurityPage() {
  const resource = useResource<Answer>('security', 10_000);
  return (
    <main class="page" id="main">
      <h1>Security</h1>
      <p class="lead">
        Which namespaces can require mutual TLS without breaking anybody, and who calls whom how, as counted by the
        destinations in the last minute. Who calls once a day is not in it: turn STRICT on when you have seen a day of
        traffic.
      </p>
      <PageSource />
      <With resource={resource} what="who calls whom">
        {(page) => (
          <>
            <Namespaces namespaces={page.namespaces} />
            <Calls calls={page.calls} />
          </>
        )}
      </With>
    </main>
  );
}

function Namespaces({ namespaces }: Pick<Answer, 'namespaces'>) {
  if (namespaces.length === 0) return <Empty title="No namespace is part of the mesh yet" />;
  return (
    <Table
      caption="Namespaces"
      rows={namespaces}
      keyOf={(row) => row.namespace}
      columns={[
        { title: 'Namespace', cell: (row) => <Name text={row.namespace} strong /> },
        { title: 'Mode now', cell: (row) => <Name text={row.mode} /> },
        { title: 'STRICT', cell: (row) => <Readiness {...row} /> },
      ]}
    />
  );
}

function Readiness({ ready, mode, blockedBy }: Answer['namespaces'][number]) {
  if (mode === 'STRICT')
    return (
      <span class="mark">
        <LockGlyph state="closed" /> required
      </span>
    );
  if (ready)
    return (
      <span class="mark">
        <LockGlyph state="closed" /> <span class="lock-closed">ready</span>{' '}
        <span class="muted">nobody has called in plaintext in the last minute</span>
      </span>
    );
  return (
    <>
      <span class="mark">
        <LockGlyph state="open" /> <span class="lock-open">blocked by {blockedBy.length}</span>
      </span>
      <ul class="plain">
        {blockedBy.map(({ workload, reason, because }) => (
          <li key={`${workload} ${reason}`}>
            <Name text={workload} strong /> <bdi class="muted">{reason}</bdi>
            {because === undefined ? null : <span class="muted">; </span>}
            <Because because={because} />
          </li>
        ))}
      </ul>
    </>
  );
}

/** The least secured first, among them the busiest. */
function Calls({ calls }: Pick<Answer, 'calls'>) {
  if (calls.length === 0)
    return (
      <Empty title="No calls yet">As soon as workloads call each other, each call is listed here with its lock.</Empty>
    );
  const sorted = [...calls].sort(
    (a, b) => (a.mtls.share ?? 2) - (b.mtls.share ?? 2) || b.requestsPerSecond - a.requestsPerSecond,
  );
  return (
    <Table
      caption={`Calls (${calls.length})`}
      rows={sorted}
      keyOf={(row) => `${row.source} > ${row.target}`}
      columns={[
        { title: 'Caller', cell: (row) => <NodeLink id={row.source} /> },
        { title: 'Called', cell: (row) => <NodeLink id={row.target} /> },
        { title: 'How', cell: (row) => <LockWithCause mtls={row.mtls} /> },
        { title: 'Identity of the caller', cell: (row) => <Name text={row.mtls.sourcePrincipals.join(', ') || '–'} /> },
        { title: 'Requests/s', kind: 'number', cell: (row) => formatRate(row.requestsPerSecond) },
      ]}
    />
  );
}
