import type { GraphEdge } from '../../../src/dashboard/api-types.ts';
import { type Curve, curveOf, pointAt } from './edge-path.ts';
import type { Places, Point } from './place-nodes.ts';

const lineHeight = 15;
const mostShifts = 5;
/** With more labels nobody reads them all at once, and none is moved. */
const mostMoved = 200;

/**
 * Where the labels of edges stand: of those that leave one node at their ends, of those that come to one at their beginnings,
 * where the edges are apart; then each below those that it would hide.
 */
export function placeLabels(
  edges: readonly GraphEdge[],
  places: Places,
  widthOf: (edge: GraphEdge) => number,
): ReadonlyMap<string, Point> {
  const out = Map.groupBy(edges, (edge) => edge.source);
  const into = Map.groupBy(edges, (edge) => edge.target);
  const wishes = edges.flatMap((edge) => {
    const from = places.get(edge.source);
    const to = places.get(edge.target);
    if (from === undefined || to === undefined) return [];
    const [leaving, coming] = [out.get(edge.source)?.length ?? 1, into.get(edge.target)?.length ?? 1];
    const along = leaving === coming ? 0.5 : leaving > coming ? 0.64 : 0.36;
    const width = widthOf(edge);
    return [{ id: edge.id, ...beside(curveOf(from, to), along, width), width }];
  });
  return wishes.length > mostMoved ? new Map(wishes.map(({ id, x, y }) => [id, { x, y }])) : spread(wishes);
}

/** At the wished share of the curve, or as near to it as it hides neither end: what stands on a node cannot be read. */
function beside(curve: Curve, along: number, width: number): Point {
  const [start, , , end] = curve;
  const shares = Array.from({ length: 21 }, (_, step) => step / 20).sort(
    (a, b) => Math.abs(a - along) - Math.abs(b - along),
  );
  const fits = ({ x }: Point) => start.x <= x - width / 2 && x + width / 2 <= end.x;
  const found = [along, ...shares].map((share) => pointAt(curve, share)).find(fits);
  return found ?? pointAt(curve, end.x - start.x > 10 ? 0.5 : along);
}

interface Wish extends Point {
  readonly id: string;
  readonly width: number;
}

function spread(wishes: readonly Wish[]): ReadonlyMap<string, Point> {
  const placed: Wish[] = [];
  for (const wish of [...wishes].sort((a, b) => a.y - b.y || a.x - b.x)) {
    const hidden = (y: number) =>
      placed.some((one) => Math.abs(one.y - y) < lineHeight && Math.abs(one.x - wish.x) < (one.width + wish.width) / 2);
    let { y } = wish;
    for (let shift = 0; shift < mostShifts && hidden(y); shift++) y += lineHeight;
    placed.push({ ...wish, y });
  }
  return new Map(placed.map(({ id, x, y }) => [id, { x, y }]));
}
