import type { GraphEdge, GraphNode } from '../../../src/dashboard/api-types.ts';
import { versioned } from '../format/names.ts';
import { formatMs, formatRate, formatShare } from '../format/numbers.ts';
import { Lock } from '../ui/lock.tsx';
import { HealthMark } from '../ui/marks.tsx';
import { Name } from '../ui/name.tsx';
import { type Column, Table } from '../ui/table.tsx';
import type { DrawnGraph } from './aggregate.ts';

interface ListsProps {
  readonly graph: DrawnGraph;
  readonly onSelect: (id: string) => void;
}

const order = ['failing', 'degraded', 'unknown', 'healthy', 'idle'];

/** The graph as two tables, problems first: for keyboards, screen readers and narrow screens. */
export function Lists({ graph, onSelect }: ListsProps) {
  const nodes = [...graph.nodes].sort(
    (a, b) => order.indexOf(a.health.state) - order.indexOf(b.health.state) || a.name.localeCompare(b.name),
  );
  const edges = [...graph.edges].sort(
    (a, b) =>
      (b.signals.errorShare ?? 0) - (a.signals.errorShare ?? 0) ||
      b.signals.requestsPerSecond - a.signals.requestsPerSecond,
  );
  return (
    <div class="lists">
      <Table
        caption={`Nodes (${nodes.length})`}
        columns={nodeColumns(onSelect)}
        rows={nodes}
        keyOf={(node) => node.id}
      />
      <Table
        caption={`Calls (${edges.length})`}
        columns={edgeColumns(graph, onSelect)}
        rows={edges}
        keyOf={(edge) => edge.id}
      />
    </div>
  );
}

function nodeColumns(onSelect: ListsProps['onSelect']): Column<GraphNode>[] {
  return [
    {
      title: 'Name',
      cell: ({ id, name, version }) => (
        <button type="button" class="link" onClick={() => onSelect(id)}>
          <Name text={versioned(name, version)} />
        </button>
      ),
    },
    { title: 'Namespace', cell: ({ namespace }) => <Name text={namespace} /> },
    { title: 'Health', cell: ({ health }) => <HealthMark {...health} /> },
    { title: 'Requests/s', kind: 'number', cell: ({ inbound }) => formatRate(inbound.requestsPerSecond) },
    { title: 'Errors', kind: 'number', cell: ({ inbound }) => formatShare(inbound.errorShare) },
    { title: 'p95', kind: 'number', cell: ({ inbound }) => formatMs(inbound.p95) },
  ];
}

function edgeColumns(graph: DrawnGraph, onSelect: ListsProps['onSelect']): Column<GraphEdge>[] {
  const names = new Map(graph.nodes.map((node) => [node.id, versioned(node.name, node.version)]));
  return [
    {
      title: 'Call',
      cell: ({ id, source, target }) => (
        <button type="button" class="link" onClick={() => onSelect(id)}>
          <Name text={names.get(source) ?? source} /> → <Name text={names.get(target) ?? target} />
        </button>
      ),
    },
    { title: 'Protocol', cell: ({ protocol }) => protocol },
    { title: 'Security', cell: ({ mtls }) => <Lock mtls={mtls} /> },
    { title: 'Requests/s', kind: 'number', cell: ({ signals }) => formatRate(signals.requestsPerSecond) },
    { title: 'Errors', kind: 'number', cell: ({ signals }) => formatShare(signals.errorShare) },
    { title: 'p50', kind: 'number', cell: ({ signals }) => formatMs(signals.p50) },
    { title: 'p95', kind: 'number', cell: ({ signals }) => formatMs(signals.p95) },
    { title: 'p99', kind: 'number', cell: ({ signals }) => formatMs(signals.p99) },
  ];
}
