import { useState } from 'preact/hooks';
import type { ConfigRow } from '../../../src/dashboard/api-types.ts';
import { printRoute } from '../data/route.ts';
import { useResource } from '../data/use-resource.ts';
import { Changes } from '../ui/changes.tsx';
import { FindingCount } from '../ui/findings.tsx';
import { Name } from '../ui/name.tsx';
import { ReplicaNote } from '../ui/replica-note.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { Empty, With } from '../ui/states.tsx';
import { Table } from '../ui/table.tsx';

export function ConfigListPage() {
  const resource = useResource<readonly ConfigRow[]>('config', 10_000);
  const [text, setText] = useState('');
  const [onlyFound, setOnlyFound] = useState(false);
  return (
    <main class="page" id="main">
      <h1>Config</h1>
      <Changes />
      <div class="filters">
        <SearchField text={text} onText={setText} />
        <label class="check">
          <input type="checkbox" checked={onlyFound} onChange={(event) => setOnlyFound(event.currentTarget.checked)} />
          only with findings
        </label>
      </div>
      <ReplicaNote />
      <With resource={resource} what="the configuration">
        {(all) =>
          all.length === 0 ? (
            <Empty title="Nothing is configured">
              The defaults of the mesh apply: every workload may call every other by mutual TLS.
            </Empty>
          ) : (
            <Rows rows={all.filter((row) => fits(row, text) && (!onlyFound || row.findings.length > 0))} />
          )
        }
      </With>
    </main>
  );
}

function fits({ kind, namespace, name, affects }: ConfigRow, text: string): boolean {
  return `${kind} ${namespace}/${name} ${affects.join(' ')}`.toLowerCase().includes(text.toLowerCase());
}

/** Those with findings first, the worst of them at the top. */
function rankOf({ findings }: ConfigRow): number {
  if (findings.some((one) => one.severity === 'Error')) return 0;
  return findings.length > 0 ? 1 : 2;
}

function Rows({ rows }: { readonly rows: readonly ConfigRow[] }) {
  if (rows.length === 0) return <Empty title="Nothing fits what is searched" />;
  const key = (row: ConfigRow) => `${row.kind}/${row.namespace}/${row.name}`;
  return (
    <Table
      caption={`Resources (${rows.length})`}
      rows={[...rows].sort((a, b) => rankOf(a) - rankOf(b) || key(a).localeCompare(key(b)))}
      keyOf={key}
      columns={[
        {
          title: 'Resource',
          cell: ({ kind, namespace, name }) => (
            <a href={printRoute(['config', kind, namespace, name])}>
              <Name text={name} />
            </a>
          ),
        },
        { title: 'Kind', cell: (row) => <Name text={row.kind} /> },
        { title: 'Namespace', cell: (row) => <Name text={row.namespace} /> },
        { title: 'Validation', cell: (row) => <FindingCount findings={row.findings} /> },
        { title: 'Affects', cell: (row) => <Affects affects={row.affects} /> },
        { title: 'Proxies that have it', cell: (row) => <Delivered delivered={row.delivered} /> },
      ]}
    />
  );
}

function Affects({ affects }: Pick<ConfigRow, 'affects'>) {
  const [first] = affects;
  if (first === undefined) return <span class="muted">nothing</span>;
  return (
    <span title={affects.join('\n')}>
      <Name text={first} />
      {affects.length > 1 ? <span class="muted"> and {affects.length - 1} more</span> : null}
    </span>
  );
}

export function Delivered({ delivered }: Pick<ConfigRow, 'delivered'>) {
  if (delivered === null) return <span class="muted">not sent to proxies</span>;
  const { taken, of } = delivered;
  if (of === 0) return <span class="muted">no proxy needs it</span>;
  return taken === of ? (
    <span>
      {taken} of {of}
    </span>
  ) : (
    <span class="warn">
      {taken} of {of}, {of - taken} missing
    </span>
  );
}
