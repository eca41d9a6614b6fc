import { expect, test } from 'vitest';
import { edge, graph, node } from '../../../test/ui/fixtures.ts';
import { arrange } from './arrange.ts';
import { nodeHeight, type Places, placeNew, rowStep, settled, wantsArranging } from './place-nodes.ts';

const request = {
  nodes: graph.nodes.map((one) => one.id),
  edges: graph.edges.map((one) => [one.source, one.target] as const),
};

test('all are arranged, callers left of those they call, none on another', () => {
  const places: Places = new Map(arrange(request));
  expect(places.size).toBe(graph.nodes.length);
  for (const { source, target } of graph.edges) expect(places.get(source)?.x).toBeLessThan(places.get(target)?.x ?? 0);
  expectApart(places);
});

test('who is known stays exactly; who is new stands beside its neighbours, on nobody', () => {
  const places: Places = new Map(arrange(request));
  const [caller] = graph.nodes.filter((one) => one.name === 'productpage-v1');
  if (caller === undefined) throw new Error('productpage is missing');
  const added = Array.from({ length: 4 }, (_, index) => node(`new-${index}`, 'v1'));
  const larger = {
    nodes: [...graph.nodes, ...added],
    edges: [...graph.edges, ...added.map((one) => edge(caller, one))],
  };
  expect(wantsArranging(places, larger)).toBe(false);
  const after = placeNew(places, larger);
  for (const [id, point] of places) expect(after.get(id)).toBe(point);
  for (const { id } of added) expect(after.get(id)?.x).toBeGreaterThan(places.get(caller.id)?.x ?? 0);
  expectApart(after);
  expect(placeNew(after, larger)).toBe(after);
});

test('without neighbours it stands below; the first of all in the middle', () => {
  const lonely = node('lonely', 'v1');
  expect(placeNew(new Map(), { nodes: [lonely], edges: [] }).get(lonely.id)).toEqual({ x: 0, y: 0, loose: true });
  const places: Places = new Map(arrange(request));
  const bottom = Math.max(...[...places.values()].map(({ y }) => y));
  expect(placeNew(places, { nodes: [...graph.nodes, lonely], edges: graph.edges }).get(lonely.id)?.y).toBe(
    bottom + rowStep,
  );
});

test('when most are new all is arranged', () => {
  const some: Places = new Map(graph.nodes.slice(0, 3).map(({ id }, index) => [id, { x: 0, y: index * rowStep }]));
  expect(wantsArranging(some, graph)).toBe(true);
  expect(wantsArranging(new Map(), graph)).toBe(true);
  expect(wantsArranging(new Map(), { nodes: [], edges: [] })).toBe(false);
});

test('circles and calls to oneself are arranged, too', () => {
  const found = arrange({
    nodes: ['a', 'b'],
    edges: [
      ['a', 'b'],
      ['b', 'a'],
      ['a', 'a'],
    ],
  });
  expect(found.map(([id]) => id).sort()).toEqual(['a', 'b']);
});

function expectApart(places: Places): void {
  const all = [...places.values()];
  for (const [index, one] of all.entries())
    for (const other of all.slice(index + 1))
      if (Math.abs(one.x - other.x) < 190) expect(Math.abs(one.y - other.y)).toBeGreaterThanOrEqual(nodeHeight);
}

test('a column of hundreds becomes several side by side', () => {
  const wide = Array.from({ length: 300 }, (_, index) => `n${index}`);
  const found: Places = new Map(arrange({ nodes: ['root', ...wide], edges: wide.map((id) => ['root', id] as const) }));
  expect(found.size).toBe(301);
  expectApart(found);
  const [xs, ys] = [[...found.values()].map(({ x }) => x), [...found.values()].map(({ y }) => y)];
  const ratio = (Math.max(...xs) - Math.min(...xs)) / (Math.max(...ys) - Math.min(...ys));
  expect(ratio).toBeGreaterThan(1);
  expect(ratio).toBeLessThan(3);
});

test('nodes that were placed before they had calls are arranged once they have some', () => {
  const quiet: Places = new Map(arrange({ ...request, edges: [] }));
  expect(settled(quiet, { nodes: graph.nodes, edges: [] })).toBe(quiet);
  expect(wantsArranging(quiet, { nodes: graph.nodes, edges: [] })).toBe(false);
  const moved = settled(quiet, graph);
  expect([...moved.keys()]).toEqual(graph.nodes.filter((one) => one.name === 'sleep').map((one) => one.id));
  expect(wantsArranging(moved, graph)).toBe(true);
  const busy: Places = new Map(arrange(request));
  expect(settled(busy, graph)).toBe(busy);
});

test('where all call all it is a block, not a chain', () => {
  const ids = Array.from({ length: 16 }, (_, index) => `n${index}`);
  const edges = ids.flatMap((from) => ids.filter((to) => to !== from).map((to) => [from, to] as const));
  const found: Places = new Map(arrange({ nodes: ids, edges }));
  expectApart(found);
  expect(new Set([...found.values()].map(({ x }) => x)).size).toBe(4);
});
