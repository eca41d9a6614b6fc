import type { Point } from './place-nodes.ts';
import { nodeHeight, nodeWidth } from './place-nodes.ts';

/** A cubic curve: start, two handles, end. */
export type Curve = readonly [Point, Point, Point, Point];

/** From the right side of one node to the left side of the other; backwards it goes around below, to itself above. */
export function curveOf(from: Point, to: Point): Curve {
  const start = { x: from.x + nodeWidth / 2, y: from.y };
  const end = { x: to.x - nodeWidth / 2 - 5, y: to.y };
  if (from.x === to.x && from.y === to.y) {
    const up = from.y - nodeHeight * 1.6;
    return [start, { x: start.x + 50, y: up }, { x: end.x - 50, y: up }, end];
  }
  if (end.x - start.x > 10) {
    const reach = Math.max(40, (end.x - start.x) / 2);
    return [start, { x: start.x + reach, y: start.y }, { x: end.x - reach, y: end.y }, end];
  }
  const below = Math.max(start.y, end.y) + nodeHeight * 1.4;
  return [start, { x: start.x + 90, y: below }, { x: end.x - 90, y: below }, end];
}

export function pathOf([a, b, c, d]: Curve): string {
  return `M${round(a.x)} ${round(a.y)}C${round(b.x)} ${round(b.y)} ${round(c.x)} ${round(c.y)} ${round(d.x)} ${round(d.y)}`;
}

/** The point at a share `t` of the curve. */
export function pointAt([a, b, c, d]: Curve, t: number): Point {
  const s = 1 - t;
  const [wa, wb, wc, wd] = [s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t];
  return { x: wa * a.x + wb * b.x + wc * c.x + wd * d.x, y: wa * a.y + wb * b.y + wc * c.y + wd * d.y };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
