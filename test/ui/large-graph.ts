import type { Graph } from '../../src/dashboard/api-types.ts';
import { edge, graph, node } from './fixtures.ts';

/** A mesh of five layers, each node called by two of the layer before: what a company has after some years. */
export function largeGraph(size: number, round = 0): Graph {
  const nodes = Array.from({ length: size }, (_, index) =>
    node(`service-${index}`, 'v1', {
      namespace: `team-${index % 20}`,
      rate: (index * 7 + round) % 100,
      state: index % 50 === 7 ? 'failing' : 'healthy',
    }),
  );
  const layer = Math.ceil(size / 5);
  const edges = nodes.flatMap((target, index) => {
    if (index < layer) return [];
    const before = Math.floor(index / layer) - 1;
    return [1, 3].flatMap((step) => {
      const source = nodes[before * layer + ((index * step + before) % layer)];
      return source === undefined ? [] : [edge(source, target, { rate: 1 + ((index * step + round) % 60) })];
    });
  });
  const unique = [...new Map(edges.map((one) => [one.id, one])).values()];
  return { ...graph, nodes, edges: unique };
}
