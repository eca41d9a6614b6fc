import { useState } from 'preact/hooks';
import type { ServiceRow } from '../../../src/dashboard/api-types.ts';
import { printRoute } from '../data/route.ts';
import { useResource } from '../data/use-resource.ts';
import { formatMs, formatRate, formatShare } from '../format/numbers.ts';
import { HealthMark } from '../ui/marks.tsx';
import { Name } from '../ui/name.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { PageSource } from '../ui/source-line.tsx';
import { Empty, With } from '../ui/states.tsx';
import { Table } from '../ui/table.tsx';

const order = ['failing', 'degraded', 'unknown', 'healthy', 'idle'];

export function ServicesPage() {
  const resource = useResource<readonly ServiceRow[]>('services', 10_000);
  const [text, setText] = useState('');
  return (
    <main class="page" id="main">
      <h1>Services</h1>
      <PageSource />
      <SearchField text={text} onText={setText} />
      <With resource={resource} what="the services">
        {(all) =>
          all.length === 0 ? (
            <Empty title="No services yet">Services of namespaces in the mesh are listed here.</Empty>
          ) : (
            <Rows
              rows={all.filter((row) =>
                `${row.namespace} ${row.name} ${row.host}`.toLowerCase().includes(text.toLowerCase()),
              )}
            />
          )
        }
      </With>
    </main>
  );
}

function Rows({ rows }: { readonly rows: readonly ServiceRow[] }) {
  if (rows.length === 0) return <Empty title="Nothing fits what is searched" />;
  const sorted = [...rows].sort(
    (a, b) =>
      order.indexOf(a.health.state) - order.indexOf(b.health.state) ||
      a.namespace.localeCompare(b.namespace) ||
      a.name.localeCompare(b.name),
  );
  return (
    <Table
      caption={`Services (${rows.length})`}
      rows={sorted}
      keyOf={(row) => `${row.namespace}/${row.name}`}
      columns={[
        {
          title: 'Service',
          cell: ({ namespace, name }) => (
            <a href={printRoute(['services', namespace, name])}>
              <Name text={name} />
            </a>
          ),
        },
        { title: 'Namespace', cell: (row) => <Name text={row.namespace} /> },
        { title: 'Health', cell: (row) => <HealthMark {...row.health} /> },
        { title: 'Requests/s', kind: 'number', cell: ({ signals }) => formatRate(signals.requestsPerSecond) },
        { title: 'Errors', kind: 'number', cell: ({ signals }) => formatShare(signals.errorShare) },
        { title: 'p95', kind: 'number', cell: ({ signals }) => formatMs(signals.p95) },
      ]}
    />
  );
}
