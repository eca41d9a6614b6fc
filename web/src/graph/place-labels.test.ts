import { expect, test } from 'vitest';
import { edge, node } from '../../../test/ui/fixtures.ts';
import { placeLabels } from './place-labels.ts';

const [a, b, c, d] = [node('a', ''), node('b', ''), node('c', ''), node('d', '')];
const places = new Map([
  [a.id, { x: 0, y: 0 }],
  [b.id, { x: 0, y: 80 }],
  [c.id, { x: 400, y: 0 }],
  [d.id, { x: 400, y: 80 }],
]);
const place = (...edges: Parameters<typeof placeLabels>[0]) => [...placeLabels(edges, places, () => 60).values()];

test('labels of edges that cross do not hide each other', () => {
  const [one, other] = place(edge(a, d), edge(b, c));
  expect(one?.x).toBe(other?.x);
  expect(Math.abs((one?.y ?? 0) - (other?.y ?? 0))).toBeGreaterThanOrEqual(15);
});

test('they stand where edges are apart: at the end of those that leave together, at the beginning of those that meet', () => {
  const [leaving] = place(edge(a, c), edge(a, d));
  const [meeting] = place(edge(a, d), edge(b, d));
  const [alone] = place(edge(a, c));
  expect(leaving?.x).toBeGreaterThan(alone?.x ?? 0);
  expect(meeting?.x).toBeLessThan(alone?.x ?? 0);
});

test('none stands on a node as long as there is room between the two', () => {
  const near = new Map([...places, [c.id, { x: 340, y: 0 }], [d.id, { x: 340, y: 80 }]]);
  const edges = [edge(a, c), edge(a, d)];
  for (const width of [60, 100, 140]) {
    const found = [...placeLabels(edges, near, () => width).values()];
    expect(found.map(({ x }) => x - width / 2).every((left) => left >= 95)).toBe(true);
    expect(found.map(({ x }) => x + width / 2).every((right) => right <= 340 - 95)).toBe(true);
  }
});
