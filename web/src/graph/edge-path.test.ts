import { expect, test } from 'vitest';
import { curveOf, pathOf, pointAt } from './edge-path.ts';
import { nextNode } from './next-node.ts';

test('a curve begins at the right of the caller and ends at the left of the called', () => {
  const curve = curveOf({ x: 0, y: 0 }, { x: 400, y: 100 });
  expect(pointAt(curve, 0)).toEqual({ x: 95, y: 0 });
  expect(pointAt(curve, 1)).toEqual({ x: 300, y: 100 });
  expect(pathOf(curve)).toBe('M95 0C197.5 0 197.5 100 300 100');
});

test('backwards it goes around below, to itself above', () => {
  const back = curveOf({ x: 400, y: 0 }, { x: 0, y: 0 });
  expect(pointAt(back, 0.5).y).toBeGreaterThan(23);
  const self = curveOf({ x: 0, y: 0 }, { x: 0, y: 0 });
  expect(pointAt(self, 0.5).y).toBeLessThan(-23);
});

test('arrow keys go to the nearest node in their direction', () => {
  const places = new Map(
    Object.entries({ a: { x: 0, y: 0 }, b: { x: 300, y: 0 }, c: { x: 300, y: 70 }, d: { x: 0, y: 70 } }),
  );
  const ids = [...places.keys()];
  const from = (id: string, key: string) => nextNode(`Arrow${key}`, id, ids, places);
  expect([
    from('a', 'Right'),
    from('a', 'Down'),
    from('b', 'Down'),
    from('c', 'Left'),
    from('a', 'Up'),
    from('a', 'x'),
  ]).toEqual([...['b', 'd', 'c', 'd', undefined, undefined]]);
});
