import type { DrawnGraph } from './aggregate.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
  /** Of a node that nobody called when it was placed: its place means nothing, and it moves once it has calls. */
  readonly loose?: boolean;
}

/** Middles of nodes by id. */
export type Places = ReadonlyMap<string, Point>;

export const nodeWidth = 190;
export const nodeHeight = 46;
export const columnStep = nodeWidth + 150;
export const rowStep = nodeHeight + 26;

/** The places that stay: without those of nodes that had no calls when they were placed and have some now. */
export function settled(places: Places, { edges }: DrawnGraph): Places {
  const called = new Set(edges.flatMap((edge) => [edge.source, edge.target]));
  const moves = [...places].filter(([id, { loose }]) => loose === true && called.has(id)).map(([id]) => id);
  if (moves.length === 0) return places;
  return new Map([...places].filter(([id]) => !moves.includes(id)));
}

/**
 * Whether so much is new that all is arranged anew. Else those that are known stay exactly where they are: a person finds a
 * node again by its place.
 */
export function wantsArranging(places: Places, graph: DrawnGraph): boolean {
  const known = graph.nodes.filter((node) => places.has(node.id)).length;
  const added = graph.nodes.length - known;
  return known === 0 ? added > 0 : added > Math.max(4, known / 2);
}

/** Places for nodes that have none: a column beside their neighbours, in the nearest row that is free there. */
export function placeNew(places: Places, graph: DrawnGraph): Places {
  const missing = graph.nodes.filter((node) => !places.has(node.id));
  if (missing.length === 0) return places;
  const all = new Map(places);
  const shown = new Set(graph.nodes.map((node) => node.id));
  const taken = [...places].filter(([id]) => shown.has(id)).map(([, point]) => point);
  for (const { id } of missing) {
    const point = freeSpot(wishOf(id, graph, all, taken), taken);
    all.set(id, point);
    taken.push(point);
  }
  return all;
}

function wishOf(id: string, { edges }: DrawnGraph, places: Places, taken: readonly Point[]): Point {
  const callers = edges.filter((edge) => edge.target === id).flatMap((edge) => places.get(edge.source) ?? []);
  const callees = edges.filter((edge) => edge.source === id).flatMap((edge) => places.get(edge.target) ?? []);
  const around = [...callers, ...callees];
  if (around.length === 0) {
    if (taken.length === 0) return { x: 0, y: 0, loose: true };
    const left = taken.reduce((least, { x }) => Math.min(least, x), Number.POSITIVE_INFINITY);
    const bottom = taken.reduce((most, { y }) => Math.max(most, y), Number.NEGATIVE_INFINITY);
    return { x: left, y: bottom + rowStep, loose: true };
  }
  const x =
    callers.length > 0
      ? Math.max(...callers.map((point) => point.x)) + columnStep
      : Math.min(...callees.map((point) => point.x)) - columnStep;
  return { x, y: around.reduce((sum, point) => sum + point.y, 0) / around.length };
}

function freeSpot(wish: Point, taken: readonly Point[]): Point {
  const column = taken.filter((point) => Math.abs(point.x - wish.x) < nodeWidth + 20);
  for (let step = 0; step <= column.length * 2 + 1; step++) {
    const offset = (step % 2 === 0 ? 1 : -1) * Math.ceil(step / 2) * rowStep;
    const y = wish.y + offset;
    if (column.every((point) => Math.abs(point.y - y) >= rowStep - 8)) return { ...wish, y };
  }
  return { ...wish, y: Math.max(...column.map((point) => point.y)) + rowStep };
}
