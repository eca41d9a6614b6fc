import { fork } from 'node:child_process';
import { join } from 'node:path';
import { Graphs } from '../src/dashboard/graphs.ts';
import { ProxyScrapes } from '../src/dashboard/scrape-proxy.ts';
import { Scraper, type ScraperOptions } from '../src/observe/scraper.ts';
import { metricsOf, services } from './observe-proxies.ts';
import type { Row } from './table.ts';

const proxies = 100;
const tickMs = 5000;

/** CPU of asking 100 proxies over real sockets, and the time of a graph of 500 services. */
export async function benchObserve(): Promise<Row[]> {
  return [...(await scraping()), ...(await graphing())];
}

async function scraping(): Promise<Row[]> {
  const child = fork(join(import.meta.dirname, 'observe-proxies.ts'), ['serve-proxies']);
  const scrapes = new ProxyScrapes();
  try {
    await new Promise((resolve) => child.once('message', resolve));
    const targets = Array.from({ length: proxies }, (_, at) => ({ id: `shop/p${at}`, address: '127.0.0.77' }));
    let bytes = 0;
    const { round, scraper } = stepped(targets, async (target, signal) => {
      const body = await scrapes.fetch(target, signal);
      bytes += body.length;
      return body;
    });
    const taken: number[] = [];
    for (let at = 0; at < 23; at += 1) {
      if (at === 8) bytes = 0;
      const before = process.cpuUsage();
      await round();
      const { user, system } = process.cpuUsage(before);
      taken.push((user + system) / 1000);
    }
    scraper.stop();
    const steady = taken.slice(8);
    const ms = steady.reduce((sum, one) => sum + one, 0) / steady.length;
    const share = (ms / tickMs) * 100;
    const what = `scrape of ${proxies} proxies, ${(bytes / 15 / 1e6).toFixed(1)} MB, every ${tickMs / 1000} s: CPU`;
    return [{ what, measured: `${ms.toFixed(0)} ms, ${share.toFixed(2)} % of a core`, floor: '2 %' }];
  } finally {
    scrapes.close();
    child.kill();
  }
}

async function graphing(): Promise<Row[]> {
  let count = 0;
  let now = 0;
  const targets = Array.from({ length: services }, (_, at) => ({ id: `shop/p${at}`, address: `${at}` }));
  const fetch: ScraperOptions['fetch'] = async ({ address }) => metricsOf(Number(address), 6, count);
  const { round, scraper } = stepped(targets, fetch, () => now);
  const nobody = { workloads: [], isInside: () => true };
  const graphOf = (seconds: number) => {
    const fresh = new Graphs({ counts: scraper, inventory: () => nobody, now: () => now });
    const before = process.cpuUsage();
    const graph = fresh.graph(seconds);
    const size = JSON.stringify(graph).length;
    const { user, system } = process.cpuUsage(before);
    return { ms: (user + system) / 1000, edges: graph.edges.length, size };
  };
  const graphs = [60, 900].map((seconds) => ({ seconds, made: [] as ReturnType<typeof graphOf>[] }));
  for (count = 1; count <= 205; count += 1) {
    await round();
    now += tickMs;
    // One for each tick, as a page that follows has it, over two minutes: what is added up for later ones counts, too.
    if (count > 181) for (const { seconds, made } of graphs) made.push(graphOf(seconds));
  }
  scraper.stop();
  return graphs.map(({ seconds, made }): Row => {
    const sorted = made.map(({ ms }) => ms).sort((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
    const { edges = 0, size = 0 } = made[0] ?? {};
    const what = `graph of ${services} services, ${edges} edges, ${seconds} s, ${(size / 1e6).toFixed(1)} MB of JSON: CPU`;
    return { what, measured: `${median.toFixed(0)} ms`, floor: '100 ms' };
  });
}

/** A scraper whose clock goes on when it is told to. */
function stepped(targets: { id: string; address: string }[], fetch: ScraperOptions['fetch'], now = Date.now) {
  let wait: (() => void) | undefined;
  let begun = false;
  const after: ScraperOptions['after'] = (_, act) => {
    wait = act;
    return () => undefined;
  };
  const scraper = new Scraper({
    onFault: (fault) => {
      throw fault;
    },
    targets: () => targets,
    fetch,
    now,
    after,
  });
  const round = async (): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = scraper.onTick(resolve);
    if (!begun) scraper.watch();
    begun = true;
    wait?.();
    await promise;
    end();
    // It waits from here on.
    await new Promise((next) => setImmediate(next));
  };
  return { scraper, round };
}
