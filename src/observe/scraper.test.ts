import { expect, test } from 'vitest';
import { Scraper, type ScrapeTarget } from './scraper.ts';

const labels = 'reporter="source",source_workload="web",source_workload_namespace="shop",destination_workload="cart"';
const body = (count: number) => Buffer.from(`istio_requests_total{${labels},response_code="200"} ${count}\n`);

/** Time that passes when it is told to. */
function world(answer: (target: ScrapeTarget, signal: AbortSignal) => Promise<Buffer>) {
  let now = 0;
  const timers = new Set<{ readonly at: number; readonly act: () => void }>();
  const targets = [1, 2, 3].map((at) => ({ id: `shop/p${at}`, address: `10.0.0.${at}` }));
  const asked: string[] = [];
  const faults: string[] = [];
  const lost = { is: false };
  const scraper = new Scraper({
    targets: () => {
      if (lost.is) throw new Error('no targets');
      return targets;
    },
    onFault: ({ code, detail }) => faults.push(`${code} ${detail}`),
    fetch: async (target, signal) => {
      asked.push(target.id);
      return answer(target, signal);
    },
    now: () => now,
    after: (ms, act) => {
      const timer = { at: now + ms, act };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
  });
  const settle = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
  const pass = async (ms: number): Promise<void> => {
    const end = now + ms;
    for (;;) {
      await settle();
      const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      timers.delete(next);
      now = next.at;
      next.act();
    }
    now = end;
  };
  return { scraper, targets, asked, pass, faults, lost };
}

test('proxies are asked while somebody watches and a little longer, and never else', async () => {
  const { scraper, asked, pass } = world(async () => body(1));
  await pass(60_000);
  expect(asked).toEqual([]);
  const [first, second] = [scraper.watch(), scraper.watch()];
  await pass(10_000);
  expect(asked.length).toBeGreaterThanOrEqual(6);
  expect(scraper.source).toMatchObject({ state: 'ok', proxies: { asked: 3, answered: 3 } });
  first();
  first();
  await pass(120_000);
  expect(scraper.running).toBe(true);
  second();
  await pass(30_000);
  const third = scraper.watch();
  await pass(60_000);
  expect(scraper.running).toBe(true);
  third();
  await pass(61_000);
  expect(scraper.running).toBe(false);
  const before = asked.length;
  await pass(60_000);
  expect(asked.length).toBe(before);
  expect(scraper.history.ticks).toEqual([]);
});

test('what was counted while nobody watched is not of the next tick', async () => {
  let count = 0;
  const { scraper, pass } = world(async () => {
    count += 10;
    return body(count);
  });
  const sum = () =>
    scraper.history.ticks.flatMap(({ tallies }) => [...tallies.values()]).map(({ bySource }) => bySource.requests);
  scraper.watch()();
  await pass(61_000);
  count = 1_000_000;
  scraper.watch();
  await pass(6_000);
  expect(Math.max(...sum())).toBeLessThan(100);
});

test('a proxy that vanishes or hangs costs its own numbers alone', async () => {
  let count = 0;
  const { scraper, targets, pass } = world(async ({ id }, signal) => {
    if (id === 'shop/p2') throw new Error('socket hang up');
    if (id === 'shop/p3')
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
    count += 1;
    return body(count);
  });
  targets.pop();
  const end = scraper.watch();
  await pass(12_000);
  expect(scraper.source).toMatchObject({ state: 'ok', proxies: { asked: 2, answered: 1 } });
  expect(scraper.history.ticks.length).toBeGreaterThan(1);
  targets.shift();
  await pass(12_000);
  expect(scraper.source).toMatchObject({ state: 'failed', problem: { code: 'OR4030' } });
  expect(scraper.source.problem?.message).toContain('socket hang up');
  end();
  scraper.stop();
});

test('no more than six at a time', async () => {
  let open = 0;
  let most = 0;
  const { scraper, targets, pass } = world(async () => {
    open += 1;
    most = Math.max(most, open);
    await new Promise((resolve) => setImmediate(resolve));
    open -= 1;
    return body(1);
  });
  targets.push(...Array.from({ length: 100 }, (_, at) => ({ id: `shop/q${at}`, address: 'x' })));
  scraper.watch();
  await pass(10_000);
  scraper.stop();
  expect(most).toBe(6);
});

test('a graph that cannot be made, and a round that fails, are told; the next round comes', async () => {
  const { scraper, asked, pass, faults, lost } = world(async () => body(1));
  scraper.onTick(() => {
    throw new Error('no graph');
  });
  let ticks = 0;
  scraper.onTick(() => {
    ticks += 1;
  });
  const end = scraper.watch();
  await pass(3000);
  expect([ticks > 1, new Set(faults)]).toEqual([true, new Set(['OR1661 a graph: no graph'])]);
  lost.is = true;
  await pass(6000);
  expect(faults).toContain('OR1661 a round of questions to proxies: no targets');
  lost.is = false;
  const before = asked.length;
  await pass(12_000);
  expect(asked.length).toBeGreaterThan(before);
  end();
});
