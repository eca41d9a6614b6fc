import type { Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chromiumPath, complaintsOf, expectAccessible, picture, useSession } from '../browser.ts';
import { edge, graph, node, nodes } from '../fixtures.ts';
import { largeGraph } from '../large-graph.ts';

describe.skipIf(chromiumPath === undefined)('the graph', () => {
  const session = useSession();
  let page: Page;
  beforeEach(() => session.server.reset());
  afterEach(async () => {
    const complaints = complaintsOf(page);
    await page.context().close();
    expect(complaints).toEqual([]);
  });

  const open = async (hash: string, options: Parameters<typeof session.visit>[1] = {}) => {
    page = await session.visit(hash, options);
    await page.locator('[data-node]').first().waitFor();
  };
  const placesOf = () =>
    page.evaluate(() =>
      Object.fromEntries(
        [...document.querySelectorAll('[data-node]')].map((one) => [
          one.getAttribute('data-node'),
          one.getAttribute('transform'),
        ]),
      ),
    );

  test('follows what is pushed; who is known stays in place, who is new stands beside', async () => {
    await open('#/graph');
    const before = await placesOf();
    expect(Object.keys(before)).toHaveLength(nodes.length);
    const canary = node('ratings-v2', 'v2');
    const [caller] = nodes.filter((one) => one.name === 'reviews-v3');
    if (caller === undefined) throw new Error('reviews-v3 is missing');
    session.server.push({
      ...graph,
      nodes: [...nodes, canary],
      edges: [...graph.edges, edge(caller, canary, { rate: 77.7 })],
    });
    await page.getByText('77.7/s').first().waitFor();
    const after = await placesOf();
    expect(after).toMatchObject(before);
    expect(Object.keys(after)).toHaveLength(nodes.length + 1);
    expect(new Set(Object.values(after)).size).toBe(nodes.length + 1);
    session.server.push(graph);
    await page.getByText('77.7/s').first().waitFor({ state: 'detached' });
    expect(await placesOf()).toEqual(before);
  });

  test('begins without calls, as a mesh does that nobody has watched yet, and is arranged when they come', async () => {
    session.server.push({ ...graph, edges: [] });
    await open('#/graph');
    session.server.push(graph);
    await page.getByText('10 calls').waitFor();
    const callers = () =>
      page.evaluate(() =>
        [
          'gateway/default/istio-ingressgateway/',
          'workload/default/productpage-v1/v1',
          'workload/default/details-v1/v1',
        ].map((id) => document.querySelector(`[data-node="${id}"]`)?.getBoundingClientRect().left ?? 0),
      );
    await expect
      .poll(async () => [...(await callers())].sort((a, b) => a - b).join() === (await callers()).join())
      .toBe(true);
    await page.getByText(/^Arranging/).waitFor({ state: 'detached' });
    expect(new Set(await callers()).size).toBe(3);
  });

  test('nobody who does not look is served: the stream ends with the tab in the background, and comes back', async () => {
    await open('#/graph');
    await expect.poll(() => session.server.streams).toBe(1);
    const turn = (hidden: boolean) =>
      page.evaluate((to) => {
        Object.defineProperty(document, 'hidden', { value: to, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }, hidden);
    await turn(true);
    await expect.poll(() => session.server.streams).toBe(0);
    expect(await page.locator('[data-node]').count()).toBe(nodes.length);
    session.server.push({ ...graph, nodes: nodes.slice(0, 4), edges: [] });
    await turn(false);
    await page.getByText('4 nodes, 0 calls').waitFor();
  });

  test('a lock that opens is seen', async () => {
    page = await session.visit('#/graph?show=plaintext&view=list');
    await page.getByText('Calls (2)').waitFor();
    const opened = graph.edges.map((one) =>
      one.protocol === 'grpc' ? { ...one, mtls: { ...one.mtls, share: 0 } } : one,
    );
    session.server.push({ ...graph, edges: opened });
    await page.getByText('Calls (4)').waitFor();
    await page.getByRole('button', { name: '4 calls in plaintext' }).waitFor();
  });

  test('what a policy or the app has refused is told, with the way to who knows which policy', async () => {
    await open('#/graph');
    await page.getByText('0.50/s · refused').waitFor();
    await page.getByRole('button', { name: '1 call with refusals' }).click();
    await page.getByText('2 nodes, 1 call,').waitFor();
    await page.getByText('0.50/s · refused').click();
    await page.getByRole('link', { name: 'which policy?' }).click();
    await expect.poll(() => page.url()).toContain('#/workloads/default/details-v1?live=yes');
  });

  test('the toolbar: what Find is for is not cut, at any width', async () => {
    await open('#/graph');
    for (const width of [360, 1280, 1440, 3840]) {
      await page.setViewportSize({ width, height: 900 });
      const [needed = 0, room = 0] = await page.getByLabel('Find').evaluate((input: HTMLInputElement) => {
        const style = getComputedStyle(input);
        const context = document.createElement('canvas').getContext('2d') as CanvasRenderingContext2D;
        context.font = style.font;
        const padding = Number.parseFloat(style.paddingLeft) + Number.parseFloat(style.paddingRight);
        return [context.measureText(input.placeholder).width, input.clientWidth - padding];
      });
      expect(needed, `of ${width}`).toBeLessThanOrEqual(room);
    }
  });

  test('calls that reached no pod of a service are told by its short name, and said to be that', async () => {
    const [caller] = nodes.filter((one) => one.name === 'reviews-v3');
    if (caller === undefined) throw new Error('reviews-v3 is missing');
    const missed = node('cart.shop.svc.cluster.local', '', { kind: 'unknown', namespace: '', state: 'failing' });
    session.server.push({ ...graph, nodes: [...nodes, missed], edges: [...graph.edges, edge(caller, missed)] });
    await open('#/graph');
    await page.locator('[data-node]', { hasText: 'reached no pod' }).click();
    await page.getByText('These calls ended before they reached a pod').waitFor();
    expect(await page.locator('[data-node]', { hasText: 'reached no pod' }).textContent()).toContain('cart.shop');
  });

  test('frozen, it stays; then it goes on', async () => {
    await open('#/graph');
    await page.getByRole('button', { name: 'Freeze' }).click();
    await page.getByText(/^Frozen at/).waitFor();
    session.server.push({ ...graph, nodes: graph.nodes.slice(0, 3), edges: graph.edges.slice(0, 2) });
    // What is pushed meanwhile is taken in before the click below, or by the click: either way it is shown only then.
    expect(await page.locator('[data-node]').count()).toBe(nodes.length);
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('3 nodes, 2 calls').waitFor();
  });

  test('by keyboard alone: to a node, from node to node, into an edge and out', async () => {
    await open('#/graph');
    const focused = () =>
      page.evaluate(
        () => document.activeElement?.getAttribute('data-node') ?? document.activeElement?.textContent ?? '',
      );
    for (let step = 0; step < 40 && !(await focused()).startsWith('gateway/'); step++) await page.keyboard.press('Tab');
    expect(await focused()).toBe('gateway/default/istio-ingressgateway/');
    expect(
      await page.evaluate(() => getComputedStyle(document.activeElement?.querySelector('.box') as Element).strokeWidth),
    ).toBe('4px');
    await page.keyboard.press('ArrowRight');
    await expect.poll(focused).toBe('workload/default/productpage-v1/v1');
    await page.keyboard.press('Enter');
    const aside = page.getByRole('complementary', { name: 'Details' });
    await aside.getByText('Called by').waitFor();
    await expect.poll(focused).toBe('productpage-v1');
    await aside.getByRole('button', { name: 'reviews-v3 v3' }).focus();
    await page.keyboard.press('Enter');
    await aside.getByText('no connection to the upstream').waitFor();
    await aside.getByText('what it answered, without a part of the mesh').waitFor();
    await aside.getByText('12.5 %').waitFor();
    // Nobody counts the bytes of requests.
    expect(await aside.getByText('sent/s').count()).toBe(0);
    await expectAccessible(page);
    await picture(page, 'graph-edge');
    await page.getByRole('button', { name: 'Close details' }).focus();
    await page.keyboard.press('Enter');
    await aside.waitFor({ state: 'detached' });
    const scale = () => page.evaluate(() => document.querySelector('.graph > g')?.getAttribute('transform'));
    await page.locator('[data-node]').first().focus();
    // The canvas has its whole width again after the next frame.
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    const first = await scale();
    await page.keyboard.press('+');
    await expect.poll(scale).not.toBe(first);
    await page.keyboard.press('0');
    await expect.poll(scale).toBe(first);
  });

  test('search, namespaces, levels; the address keeps them', async () => {
    await open('#/graph');
    await page.getByLabel('Find').fill('ratings');
    await page.getByText('4 nodes, 3 calls').waitFor();
    await page.reload();
    await page.getByText('4 nodes, 3 calls').waitFor();
    await page.getByLabel('Find').fill('nobody has this name');
    await page.getByRole('button', { name: 'Show everything' }).click();
    await page.getByText('11 nodes, 10 calls').waitFor();
    await page.getByLabel('Nodes are').selectOption('app');
    await page.getByText('9 nodes, 7 calls').waitFor();
    await page.locator('[data-node]', { hasText: '3 versions' }).waitFor();
    await page.getByLabel('Nodes are').selectOption('namespace');
    await page.getByText('3 nodes, 2 calls').waitFor();
    await page.getByLabel('Over the').selectOption('900');
    await expect.poll(() => page.url()).toContain('range=900');
  });

  test('who wants less motion gets none', async () => {
    await open('#/graph', { reducedMotion: 'reduce' });
    expect(await page.locator('canvas').count()).toBe(0);
    await page.getByLabel('animate').check();
    await page.locator('canvas').waitFor();
  });

  test('disconnected: says so, keeps what it has, comes back by itself', async () => {
    await open('#/graph');
    await session.server.stop();
    try {
      await page.getByText('Disconnected.').waitFor();
      expect(await page.locator('[data-node]').count()).toBe(nodes.length);
      await expectAccessible(page);
      await picture(page, 'graph-disconnected');
    } finally {
      await session.server.start();
    }
    await page.getByText('Disconnected.').waitFor({ state: 'detached', timeout: 30_000 });
    await expect.poll(() => session.server.streams, { timeout: 15_000 }).toBe(1);
    session.server.push({ ...graph, nodes: graph.nodes.slice(0, 3), edges: [] });
    await page.getByText('3 nodes, 0 calls').waitFor();
  });

  test('500 nodes: arranged apart from the page, fluid while dragged and refreshed', async () => {
    session.server.push(largeGraph(500));
    page = await session.visit('#/graph');
    await page.locator('[data-node]').nth(499).waitFor({ state: 'attached', timeout: 40_000 });
    await picture(page, 'graph-500');
    const before = await placesOf();
    const measured = page.evaluate(measureFrames, 4000);
    const box = await page.locator('.canvas').boundingBox();
    if (box === null) throw new Error('no canvas');
    await page.mouse.move(box.x + 400, box.y + 200);
    await page.mouse.down();
    for (let step = 0; step < 120; step++) {
      await page.mouse.move(box.x + 400 + 3 * (step % 60), box.y + 200 + step);
      if (step % 40 === 20) session.server.push(largeGraph(500, step));
    }
    await page.mouse.up();
    const { median, p95, frames } = await measured;
    console.log(`500 nodes: ${frames} frames, median ${median.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms`);
    expect(median).toBeLessThanOrEqual(50);
    expect(await placesOf()).toEqual(before);
    await page.getByLabel('Nodes are').selectOption('namespace');
    await page.getByText(/^20 nodes/).waitFor();
    await page.getByText(/^Arranging/).waitFor({ state: 'detached' });
    await picture(page, 'graph-500-namespaces');
    await expectAccessible(page);
  });
});

/** In the page: times between frames, milliseconds. */
function measureFrames(forMs: number): Promise<{ median: number; p95: number; frames: number }> {
  return new Promise((resolve) => {
    const gaps: number[] = [];
    const start = performance.now();
    let last = start;
    requestAnimationFrame(function step(time) {
      gaps.push(time - last);
      last = time;
      if (time - start < forMs) return void requestAnimationFrame(step);
      gaps.sort((a, b) => a - b);
      const at = (share: number) => gaps[Math.floor(gaps.length * share)] ?? 0;
      resolve({ median: at(0.5), p95: at(0.95), frames: gaps.length });
    });
  });
}
