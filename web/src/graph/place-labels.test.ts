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
