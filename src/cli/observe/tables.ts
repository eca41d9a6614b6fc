import type { Failure, Graph, GraphEdge, GraphNode, Signals } from '../../model/service-graph.ts';
import type { Table } from '../../operate/text/table.ts';

/** Rows of which workloads: of a namespace (undefined is all), with a name (undefined is any). */
export interface Wanted {
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

const isWanted = ({ namespace, name }: Wanted, node: Pick<GraphNode, 'namespace' | 'name'> | undefined): boolean =>
  node !== undefined &&
  (namespace === undefined || node.namespace === namespace) &&
  (name === undefined || node.name === name);

/** Workloads with the columns of `linkerd viz stat`. */
export function statRows({ nodes }: Graph, wanted: Wanted): GraphNode[] {
  return nodes.filter((node) => (node.kind === 'workload' || node.kind === 'gateway') && isWanted(wanted, node));
}

export function statTable(rows: readonly GraphNode[], withNamespace: boolean): Table {
  return {
    headers: [...(withNamespace ? ['NAMESPACE'] : []), 'NAME', 'MESHED', ...signalHeaders],
    rows: rows.map(({ namespace, name, proxies: { connected, expected }, inbound }) => [
      ...(withNamespace ? [namespace] : []),
      name,
      expected === 0 ? '-' : `${connected}/${expected}`,
      ...signalCells(inbound),
    ]),
  };
}

const signalHeaders = ['SUCCESS', 'RPS', 'LATENCY_P50', 'LATENCY_P95', 'LATENCY_P99'];

function signalCells({ errorShare, requestsPerSecond, p50, p95, p99 }: Signals): string[] {
  const success = errorShare === null ? '-' : `${((1 - errorShare) * 100).toFixed(2)}%`;
  return [success, `${requestsPerSecond.toFixed(1)}rps`, milliseconds(p50), milliseconds(p95), milliseconds(p99)];
}

function milliseconds(value: number | null): string {
  return value === null ? '-' : `${value < 10 ? value.toFixed(1) : value.toFixed(0)}ms`;
}

/** Calls, with the columns of `linkerd viz edges`: a tick where all of them came by mutual TLS, else the share. */
export interface EdgeRow {
  readonly source: Pick<GraphNode, 'namespace' | 'name'>;
  readonly target: Pick<GraphNode, 'namespace' | 'name'>;
  readonly edge: GraphEdge;
}

export function edgeRows({ nodes, edges }: Graph, wanted: Wanted): EdgeRow[] {
  const places = new Map(nodes.map((node) => [node.id, node]));
  return edges.flatMap((edge) => {
    const [source, target] = [places.get(edge.source), places.get(edge.target)];
    if (source === undefined || target === undefined) return [];
    return isWanted(wanted, source) || isWanted(wanted, target) ? [{ source, target, edge }] : [];
  });
}

export function edgeTable(rows: readonly EdgeRow[]): Table {
  return {
    headers: ['SRC', 'DST', 'SRC_NS', 'DST_NS', 'SECURED'],
    rows: rows.map(({ source, target, edge }) => [
      source.name,
      target.name,
      source.namespace,
      target.namespace,
      secured(edge),
    ]),
  };
}

function secured({ mtls: { share } }: GraphEdge): string {
  if (share === null) return '-';
  if (share === 1) return '√';
  return share === 0 ? 'no' : `${(share * 100).toFixed(1)}%`;
}

export type TopOrder = 'rps' | 'errors' | 'p95';

const weights: Readonly<Record<TopOrder, (edge: GraphEdge) => number>> = {
  rps: ({ signals }) => signals.requestsPerSecond,
  errors: ({ signals }) => signals.requestsPerSecond * (signals.errorShare ?? 0),
  p95: ({ signals }) => signals.p95 ?? 0,
};

/** The calls with the most of something. */
export function topRows(rows: readonly EdgeRow[], order: TopOrder, most: number): EdgeRow[] {
  const weight = weights[order];
  return [...rows].sort((a, b) => weight(b.edge) - weight(a.edge)).slice(0, most);
}

export function topTable(rows: readonly EdgeRow[]): Table {
  return {
    headers: ['SRC', 'DST', 'PROTOCOL', ...signalHeaders, 'FAILURES'],
    rows: rows.map(({ source, target, edge: { protocol, signals, failures } }) => [
      ...[placed(source), placed(target), protocol],
      ...signalCells(signals),
      failedText(failures),
    ]),
  };
}

/** Who made the most of them, and how: `caller 503 UO, app 500`. */
function failedText(failures: readonly Failure[]): string {
  const shown = failures.slice(0, mostFailures).map(({ by, status, grpc, flags }) => {
    const code = grpc !== null && grpc > 0 ? `grpc ${grpc}` : status === 0 ? 'no answer' : String(status ?? '');
    return [by, code, flags].filter((word) => word !== '').join(' ');
  });
  const more = failures.length - shown.length;
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

const mostFailures = 2;

function placed({ namespace, name }: Pick<GraphNode, 'namespace' | 'name'>): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}
