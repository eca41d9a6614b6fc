import type { Failure, Graph, GraphEdge, GraphNode, HealthState, Signals } from '../../../src/dashboard/api-types.ts';

export const levels = ['version', 'app', 'namespace'] as const;
/** What one node stands for: a version of a workload, all versions of an app, all of a namespace. */
export type Level = (typeof levels)[number];

export interface DrawnGraph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** The graph with the nodes of a group as one. Calls inside of a group are left out. */
export function aggregate({ nodes, edges }: Pick<Graph, 'nodes' | 'edges'>, level: Level): DrawnGraph {
  if (level === 'version') return { nodes, edges };
  const groups = new Map<string, GraphNode[]>();
  const groupOf = new Map<string, string>();
  for (const node of nodes) {
    const id = groupId(node, level);
    groupOf.set(node.id, id);
    groups.set(id, [...(groups.get(id) ?? []), node]);
  }
  const merged = new Map<string, GraphEdge[]>();
  for (const edge of edges) {
    const source = groupOf.get(edge.source);
    const target = groupOf.get(edge.target);
    if (source === undefined || target === undefined || (source === target && edge.source !== edge.target)) continue;
    const id = `${source} > ${target} ${edge.protocol}`;
    merged.set(id, [...(merged.get(id) ?? []), { ...edge, id, source, target }]);
  }
  return {
    nodes: [...groups].map(([id, members]) => mergeNodes(id, members, level)),
    edges: [...merged.values()].map(mergeEdges),
  };
}

function groupId({ kind, namespace, name, app }: GraphNode, level: Level): string {
  if (kind === 'external' || kind === 'unknown') return `${kind}/${namespace}/${name}`;
  return level === 'namespace' ? `namespace/${namespace}` : `app/${kind}/${namespace}/${app === '' ? name : app}`;
}

const worstFirst: readonly HealthState[] = ['failing', 'degraded', 'unknown', 'healthy', 'idle'];

function mergeNodes(id: string, members: readonly GraphNode[], level: Level): GraphNode {
  const [first] = members as [GraphNode, ...GraphNode[]];
  if (members.length === 1 && level === 'app') return { ...first, id };
  const worst = members.reduce((a, b) => (rank(b.health.state) < rank(a.health.state) ? b : a));
  const byNamespace = level === 'namespace' && first.kind !== 'external' && first.kind !== 'unknown';
  const reason = members.length === 1 ? worst.health.reason : `${worst.name} ${worst.version}: ${worst.health.reason}`;
  return {
    ...first,
    id,
    kind: byNamespace ? 'workload' : first.kind,
    name: byNamespace ? first.namespace : first.app || first.name,
    namespace: byNamespace ? '' : first.namespace,
    version: members.length === 1 ? first.version : `${members.length} ${byNamespace ? 'workloads' : 'versions'}`,
    health: { state: worst.health.state, reason },
    inbound: mergeSignals(members.map((one) => one.inbound)),
    proxies: {
      connected: sum(members.map((one) => one.proxies.connected)),
      expected: sum(members.map((one) => one.proxies.expected)),
    },
  };
}

function rank(state: HealthState): number {
  return worstFirst.indexOf(state);
}

function mergeEdges(edges: readonly GraphEdge[]): GraphEdge {
  const [first] = edges as [GraphEdge, ...GraphEdge[]];
  if (edges.length === 1) return first;
  const told = edges.filter((edge) => edge.mtls.share !== null);
  const because = edges.find(({ mtls }) => mtls.because !== undefined)?.mtls.because;
  const weight = (edge: GraphEdge) => edge.signals.requestsPerSecond + edge.bytesPerSecond.sent / 1e6 + 1e-9;
  return {
    ...first,
    hosts: unique(edges.flatMap((edge) => edge.hosts)).slice(0, 10),
    signals: mergeSignals(edges.map((edge) => edge.signals)),
    bytesPerSecond: {
      sent: sum(edges.map((edge) => edge.bytesPerSecond.sent)),
      received: sum(edges.map((edge) => edge.bytesPerSecond.received)),
    },
    mtls: {
      share:
        told.length === 0
          ? null
          : sum(told.map((edge) => (edge.mtls.share ?? 0) * weight(edge))) / sum(told.map(weight)),
      sourcePrincipals: unique(edges.flatMap((edge) => edge.mtls.sourcePrincipals)),
      destinationPrincipals: unique(edges.flatMap((edge) => edge.mtls.destinationPrincipals)),
      ...(because === undefined ? {} : { because }),
    },
    failures: mergeFailures(edges.flatMap(({ failures }) => failures)),
  };
}

/** The same in several calls is one, that of which there is most first. */
export function mergeFailures(parts: readonly Failure[]): Failure[] {
  const kinds = Map.groupBy(parts, ({ by, status, grpc, flags }) => JSON.stringify([by, status, grpc, flags]));
  const merged = [...kinds.values()].map(
    (same): Failure => ({ ...(same[0] as Failure), perSecond: sum(same.map(({ perSecond }) => perSecond)) }),
  );
  return merged.sort((a, b) => b.perSecond - a.perSecond).slice(0, 10);
}

/** Rates add up, shares weigh by rate. Percentiles of parts have no sum: the slowest part's is shown. */
export function mergeSignals(parts: readonly Signals[]): Signals {
  const counted = parts.filter((part) => part.errorShare !== null);
  const rate = sum(counted.map((part) => part.requestsPerSecond));
  const failed = sum(counted.map((part) => (part.errorShare ?? 0) * part.requestsPerSecond));
  return {
    requestsPerSecond: sum(parts.map((part) => part.requestsPerSecond)),
    errorShare: counted.length === 0 ? null : rate === 0 ? 0 : failed / rate,
    p50: slowest(parts.map((part) => part.p50)),
    p95: slowest(parts.map((part) => part.p95)),
    p99: slowest(parts.map((part) => part.p99)),
  };
}

function slowest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
