import dagre from '@dagrejs/dagre';
import { columnStep, nodeHeight, nodeWidth, type Point, rowStep } from './place-nodes.ts';

export interface ArrangeRequest {
  readonly nodes: readonly string[];
  readonly edges: readonly (readonly [source: string, target: string])[];
}

/** Rows that a column of nodes without calls may have. */
const looseRows = 12;

/** Callers left of those they call; nodes without calls in a block below. */
export function arrange({ nodes, edges }: ArrangeRequest): [string, Point][] {
  const linked = new Set(edges.flat());
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({
    rankdir: 'LR',
    ranksep: columnStep - nodeWidth,
    nodesep: rowStep - nodeHeight,
    edgesep: 8,
    // The better of the two takes seconds where there are hundreds.
    ranker: nodes.length > 200 ? 'longest-path' : 'network-simplex',
  });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of nodes.filter((node) => linked.has(node)))
    graph.setNode(id, { width: nodeWidth, height: nodeHeight });
  for (const [source, target] of edges) if (source !== target) graph.setEdge(source, target);
  dagre.layout(graph);
  const dense = edges.length > 2 * linked.size;
  const placed = (dense ? foldRows : foldColumns)(
    graph.nodes().map((id): [string, Point] => {
      const { x, y } = graph.node(id);
      return [id, { x: Math.round(x), y: Math.round(y) }];
    }),
  );
  const bottom = placed.reduce((most, [, { y }]) => Math.max(most, y), -2 * rowStep);
  const loose = nodes.filter((id) => !linked.has(id));
  const columns = Math.max(4, Math.ceil(loose.length / looseRows));
  return [
    ...placed,
    ...loose.map((id, index): [string, Point] => [
      id,
      {
        x: nodeWidth / 2 + (index % columns) * (nodeWidth + 40),
        y: bottom + rowStep * (2 + Math.floor(index / columns)),
        loose: true,
      },
    ]),
  ];
}

/** Where nearly all call each other, first to last is a long chain of columns with a node or two: it becomes a block. */
export function foldRows(placed: readonly [string, Point][]): [string, Point][] {
  const columns = new Set(placed.map(([, { x }]) => x)).size;
  if (columns < 8 || placed.length > 3 * columns) return foldColumns(placed);
  const rows = Math.ceil(placed.length / Math.ceil(Math.sqrt(placed.length)));
  return [...placed]
    .sort(([, a], [, b]) => a.x - b.x || a.y - b.y)
    .map(([id], index) => [
      id,
      { x: Math.floor(index / rows) * columnStep, y: (index % rows) * (rowStep + nodeHeight) },
    ]);
}

/** Columns with more rows become several side by side, so that all together is about as wide as a window. */
const tallest = 24;
const foldedStep = nodeWidth + 24;

export function foldColumns(placed: readonly [string, Point][]): [string, Point][] {
  const columns = [...Map.groupBy(placed, ([, { x }]) => x)].sort(([a], [b]) => a - b).map(([, column]) => column);
  if (columns.every((column) => column.length <= tallest)) return [...placed];
  const rows = rowsFor(columns.map((column) => column.length));
  let x = 0;
  return columns.flatMap((column) => {
    const sorted = column.sort(([, a], [, b]) => a.y - b.y);
    const wide = Math.ceil(sorted.length / rows);
    const high = Math.ceil(sorted.length / wide);
    const start = x;
    x += (wide - 1) * foldedStep + columnStep;
    const top = ((rows - high) / 2) * rowStep;
    return sorted.map(([id], index): [string, Point] => [
      id,
      { x: start + Math.floor(index / high) * foldedStep, y: top + (index % high) * rowStep },
    ]);
  });
}

/** The number of rows with which the whole comes nearest to twice as wide as high. */
function rowsFor(sizes: readonly number[]): number {
  let rows = tallest;
  const ratio = () => {
    const wide = sizes.reduce((sum, size) => sum + (Math.ceil(size / rows) - 1) * foldedStep + columnStep, 0);
    return wide / (rows * rowStep);
  };
  while (ratio() > 2) rows++;
  return rows;
}
