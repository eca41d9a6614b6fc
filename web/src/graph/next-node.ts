import type { Places } from './place-nodes.ts';

const directions: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The nearest node in the direction of an arrow key; what is aside counts three times as far. */
export function nextNode(key: string, from: string, ids: readonly string[], places: Places): string | undefined {
  const direction = directions[key];
  const start = places.get(from);
  if (direction === undefined || start === undefined) return undefined;
  const [dx, dy] = direction;
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const id of ids) {
    const point = places.get(id);
    if (point === undefined || id === from) continue;
    const along = (point.x - start.x) * dx + (point.y - start.y) * dy;
    const aside = Math.abs((point.x - start.x) * dy) + Math.abs((point.y - start.y) * dx);
    if (along <= 1) continue;
    if (along + 3 * aside < least) {
      least = along + 3 * aside;
      best = id;
    }
  }
  return best;
}
