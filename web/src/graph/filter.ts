import type { Failure, GraphEdge, GraphNode } from '../../../src/dashboard/api-types.ts';
import { lockOf } from '../ui/marks.tsx';
import type { DrawnGraph } from './aggregate.ts';

export const shows = ['all', 'problems', 'plaintext', 'refused'] as const;

export interface Filter {
  /** Words, each of which is in the name, namespace, app or version of a node. Their neighbours are shown, too. */
  readonly text: string;
  readonly namespace: string;
  readonly show: (typeof shows)[number];
  readonly idle: boolean;
}

export function isProblem(node: GraphNode): boolean {
  return node.health.state === 'failing' || node.health.state === 'degraded';
}

export function hasErrors(edge: GraphEdge): boolean {
  return (edge.signals.errorShare ?? 0) > 0;
}

export function isOpen(edge: GraphEdge): boolean {
  const lock = lockOf(edge.mtls.share);
  return lock === 'open' || lock === 'partly';
}

/** By a policy or by the app: no error of either, and all the same what somebody asks about. */
export function isRefusal({ by }: Failure): boolean {
  return by === 'policy or app';
}

export function hasRefusals(edge: GraphEdge): boolean {
  return edge.failures.some(isRefusal);
}

export function filterGraph(graph: DrawnGraph, filter: Filter): DrawnGraph {
  const chosen = new Set(graph.nodes.filter((node) => matches(node, filter)).map((node) => node.id));
  const narrowed = filter.text.trim() !== '' || filter.namespace !== '' || filter.show !== 'all';
  const edges = graph.edges.filter((edge) => keepEdge(edge, chosen, filter));
  const kept = new Set(edges.flatMap((edge) => [edge.source, edge.target]));
  const wanted = (node: GraphNode) =>
    kept.has(node.id) ||
    (chosen.has(node.id) &&
      filter.show !== 'plaintext' &&
      filter.show !== 'refused' &&
      (filter.idle || node.health.state !== 'idle'));
  if (!narrowed && filter.idle) return graph;
  const nodes = graph.nodes.filter(wanted);
  const shown = new Set(nodes.map((node) => node.id));
  return { nodes, edges: edges.filter((edge) => shown.has(edge.source) && shown.has(edge.target)) };
}

function keepEdge(edge: GraphEdge, chosen: ReadonlySet<string>, filter: Filter): boolean {
  if (
    !filter.idle &&
    edge.signals.requestsPerSecond === 0 &&
    edge.bytesPerSecond.sent + edge.bytesPerSecond.received === 0
  )
    return false;
  if (filter.show === 'plaintext' && !isOpen(edge)) return false;
  if (filter.show === 'refused' && !hasRefusals(edge)) return false;
  const touched = chosen.has(edge.source) || chosen.has(edge.target);
  if (filter.show !== 'problems') return touched;
  return touched || hasErrors(edge);
}

function matches(node: GraphNode, { text, namespace, show }: Filter): boolean {
  if (namespace !== '' && node.namespace !== namespace) return false;
  if (show === 'problems' && !isProblem(node)) return false;
  const words = text.toLowerCase().split(/\s+/);
  const whole = `${node.name} ${node.namespace} ${node.app} ${node.version} ${node.health.state}`.toLowerCase();
  return words.every((word) => whole.includes(word));
}
