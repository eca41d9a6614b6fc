import { useState } from 'preact/hooks';
import type { Graph, GraphNode } from '../../../src/dashboard/api-types.ts';
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

/** Workloads and gateways with a proxy, or that one has called. */
export function WorkloadsPage() {
  const resource = useResource<Graph>('graph?range=60', 10_000);
  const [text, setText] = useState('');
  return (
    <main class="page" id="main">
      <h1>Workloads</h1>
      <PageSource />
      <SearchField text={text} onText={setText} />
      <With resource={resource} what="the workloads">
        {({ nodes }) => {
          const all = nodes.filter(({ kind }) => kind === 'workload' || kind === 'gateway');
          const found = all.filter((one) => `${one.namespace} ${one.name}`.toLowerCase().includes(text.toLowerCase()));
          if (all.length === 0) return <Empty title="No workloads yet">Those with a proxy are listed here.</Empty>;
          return found.length === 0 ? <Empty title="Nothing fits what is searched" /> : <Rows nodes={found} />;
        }}
      </With>
    </main>
  );
}

function Rows({ nodes }: { readonly nodes: readonly GraphNode[] }) {
  const sorted = [...nodes].sort(
    (a, b) => order.indexOf(a.health.state) - order.indexOf(b.health.state) || a.id.localeCompare(b.id),
  );
  return (
    <Table
      caption={`Workloads (${nodes.length})`}
      rows={sorted}
      keyOf={({ id }) => id}
      columns={[
        {
          title: 'Workload',
          cell: ({ namespace, name }) => (
            <a href={printRoute(['workloads', namespace, name])}>
              <Name text={name} />
            </a>
          ),
        },
        { title: 'Namespace', cell: ({ namespace }) => <Name text={namespace} /> },
        { title: 'Kind', cell: ({ kind }) => kind },
        { title: 'Version', cell: ({ version }) => <Name text={version} /> },
        { title: 'Health', cell: ({ health }) => <HealthMark {...health} /> },
        { title: 'Proxies', kind: 'number', cell: ({ proxies }) => `${proxies.connected}/${proxies.expected}` },
        { title: 'Requests/s', kind: 'number', cell: ({ inbound }) => formatRate(inbound.requestsPerSecond) },
        { title: 'Errors', kind: 'number', cell: ({ inbound }) => formatShare(inbound.errorShare) },
        { title: 'p95', kind: 'number', cell: ({ inbound }) => formatMs(inbound.p95) },
      ]}
    />
  );
}
