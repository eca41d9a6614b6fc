import type { GraphEdge } from '../../../src/dashboard/api-types.ts';
import { printRoute } from '../data/route.ts';
import { readNodeId, versioned } from '../format/names.ts';
import { formatBytes, formatMs, formatRate, formatShare } from '../format/numbers.ts';
import { MainFailure } from './failures.tsx';
import { LockWithCause } from './lock.tsx';
import { Name } from './name.tsx';
import { type Column, Table } from './table.tsx';

interface EdgeTableProps {
  readonly caption: string;
  readonly edges: readonly GraphEdge[];
  /** The end that is not the page's own. */
  readonly end: 'source' | 'target';
  readonly none: string;
  /** A column beside the name. */
  readonly beside?: Column<GraphEdge>;
}

export function EdgeTable({ caption, edges, end, none, beside }: EdgeTableProps) {
  if (edges.length === 0) return <p class="muted">{none}</p>;
  return (
    <Table
      caption={caption}
      rows={edges}
      keyOf={(edge) => edge.id}
      columns={[
        { title: end === 'source' ? 'Caller' : 'Called', cell: (edge) => <NodeLink id={edge[end]} /> },
        ...(beside === undefined ? [] : [beside]),
        { title: 'Protocol', cell: (edge) => edge.protocol },
        { title: 'Security', cell: (edge) => <LockWithCause mtls={edge.mtls} /> },
        { title: 'Requests/s', kind: 'number', cell: volumeOf },
        { title: 'Errors', kind: 'number', cell: ({ signals }) => formatShare(signals.errorShare) },
        { title: 'App or mesh?', cell: ({ failures, target }) => <MainFailure failures={failures} called={target} /> },
        { title: 'p50', kind: 'number', cell: ({ signals }) => formatMs(signals.p50) },
        { title: 'p95', kind: 'number', cell: ({ signals }) => formatMs(signals.p95) },
        { title: 'p99', kind: 'number', cell: ({ signals }) => formatMs(signals.p99) },
      ]}
    />
  );
}

/** Of connections nobody counts requests: their bytes, once they have ended. */
function volumeOf({ protocol, signals, bytesPerSecond: { sent, received } }: GraphEdge): string {
  return protocol === 'tcp' ? `${formatBytes(sent + received)}/s` : formatRate(signals.requestsPerSecond);
}

export function NodeLink({ id }: { readonly id: string }) {
  const { kind, namespace, name, version } = readNodeId(id);
  const words = name === '' ? id : versioned(name, version);
  const where =
    name === '' || namespace === '' ? null : (
      <span class="muted">
        {' '}
        in <Name text={namespace} />
      </span>
    );
  return (
    <>
      {(kind === 'workload' || kind === 'gateway') && namespace !== '' ? (
        <a href={printRoute(['workloads', namespace, name])}>
          <Name text={words} />
        </a>
      ) : (
        <Name text={words} />
      )}
      {where}
    </>
  );
}
