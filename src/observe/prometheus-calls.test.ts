import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test, vi } from 'vitest';
import { until } from '../../test/envoy/condition.ts';
import { fetchText } from '../dashboard/fetch-text.ts';
import { noCounts } from './call-counts.ts';
import { FallbackCalls } from './fallback-calls.ts';
import { PrometheusCalls } from './prometheus-calls.ts';

const vector = (...result: object[]) => JSON.stringify({ status: 'success', data: { resultType: 'vector', result } });
const element = (value: string, metric: object = {}) => ({ metric, value: [0, value] });
const labels = {
  reporter: 'source',
  source_workload: 'web',
  source_workload_namespace: 'shop',
  destination_workload: 'cart',
  destination_workload_namespace: 'shop',
  response_code: '200',
};

function good(url: string): string {
  const query = new URL(url).searchParams.get('query') ?? '';
  if (query.startsWith('count(')) return vector(element('3'));
  if (query.includes('increase(istio_requests_total[30s]))'))
    return vector(element('30', labels), element('NaN', labels));
  if (query.includes('increase(istio_requests_total[30s] offset 30s))')) return vector(element('90', labels));
  return vector();
}

function calls(answer: (url: string, signal: AbortSignal) => Promise<string>) {
  const asked: string[] = [];
  const prometheus = new PrometheusCalls({
    onFault: (fault) => expect.unreachable(fault.message),
    url: 'http://prometheus:9090/',
    fetchText: (url, signal) => {
      asked.push(url);
      return answer(url, signal);
    },
    now: Date.now,
    after: (ms, act) => {
      const timer = setTimeout(act, ms);
      return () => clearTimeout(timer);
    },
    everyMs: 10,
    timeoutMs: 200,
  });
  return { prometheus, asked };
}

test('a range in two parts by instant queries, the newest apart', async () => {
  const { prometheus, asked } = calls(async (url) => good(url));
  const end = prometheus.watch();
  await prometheus.ready(60_000, 1000);
  const counts = prometheus.within(60_000).map(({ start, end: last, tallies }) => ({
    seconds: (last - start) / 1000,
    requests: [...tallies.values()].map(({ bySource }) => bySource.requests),
  }));
  expect(counts).toEqual([
    { seconds: 30, requests: [90] },
    { seconds: 30, requests: [30] },
  ]);
  expect(prometheus.source).toMatchObject({ kind: 'prometheus', state: 'ok' });
  expect(asked[0]).toMatch(/^http:\/\/prometheus:9090\/api\/v1\/query\?query=count/);
  end();
});

test('proxies at the bound of their series are named, as the scraper names them', async () => {
  const full = (name: string, metric: object) => element('3', { __name__: name, ...metric });
  let overflows = [
    full('envoy_server_stats_overflow_counter', { namespace: 'shop', pod: 'cart-1' }),
    full('envoy_server_stats_overflow_histogram', { instance: '10.0.0.9:15020' }),
  ];
  const { prometheus } = calls(async (url) =>
    decodeURIComponent(url).includes('stats_overflow') ? vector(...overflows) : good(url),
  );
  const end = prometheus.watch();
  await prometheus.ready(60_000, 1000);
  expect(prometheus.source.proxies).toEqual({ asked: 0, answered: 0, full: ['10.0.0.9:15020', 'shop/cart-1'] });
  overflows = [];
  await until('none is at its bound', () => prometheus.source.proxies.full === undefined || undefined, 5);
  end();
});

test('a server that accepts and says nothing for 30 s: told after the bound, and no question is left open', async () => {
  const open = new Set<object>();
  let asked = 0;
  const server = createServer((incoming, response) => {
    asked += 1;
    open.add(incoming);
    const late = setTimeout(() => response.end(good(`http://x${incoming.url}`)), 30_000);
    response.once('close', () => {
      clearTimeout(late);
      open.delete(incoming);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const { prometheus } = calls((url, signal) =>
    fetchText(url.replace('http://prometheus:9090', `http://127.0.0.1:${port}`), signal),
  );
  const end = prometheus.watch();
  await until('it is told', () => prometheus.source.problem?.message.includes('no answer in time') || undefined, 10);
  await until('it is asked again', () => asked >= 3 || undefined, 10);
  end();
  await until('nothing is open', () => open.size === 0 || undefined, 10);
  server.close();
});

const bad: Readonly<Record<string, [(url: string) => Promise<string>, RegExp]>> = {
  down: [() => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.1:9090')), /ECONNREFUSED/],
  slow: [() => new Promise((_, reject) => setTimeout(() => reject(new Error('aborted')), 250)), /no answer in time/],
  'another page': [async () => '<html>login</html>', /none of Prometheus/],
  'a bad query': [async () => JSON.stringify({ status: 'error', error: 'parse error' }), /parse error/],
  'no vector': [
    async () => JSON.stringify({ status: 'success', data: { resultType: 'matrix', result: [] } }),
    /no vector/,
  ],
  'with labels that were dropped': [
    async (url) => (url.includes('query=count') ? vector(element('3')) : vector(element('9', { job: 'x' }))),
    /without the label reporter/,
  ],
  'of something else': [async () => vector(), /no istio_requests_total/],
};

test.each(Object.entries(bad))(
  '%s: it is said, and the proxies are asked until it is back',
  async (_, [answer, message]) => {
    let broken = true;
    const { prometheus } = calls((url) => (broken ? answer(url) : Promise.resolve(good(url))));
    const ended = vi.fn();
    const watched = vi.fn(() => ended);
    const ofProxies = [{ start: 0, end: 5000, tallies: new Map() }];
    const second = { ...noCounts, watch: watched, within: () => ofProxies };
    const both = new FallbackCalls(prometheus, second);
    const end = both.watch();
    await both.ready(60_000, 1000);
    expect(both.source).toMatchObject({ kind: 'proxies', state: 'fallback', problem: { code: 'OR4031' } });
    expect(both.source.problem?.message).toMatch(message);
    expect(both.within(60_000)).toBe(ofProxies);
    expect(watched).toHaveBeenCalledTimes(1);
    broken = false;
    await until('Prometheus counts again', () => both.source.kind === 'prometheus' || undefined, 5);
    expect(both.within(60_000)).toHaveLength(2);
    expect(ended).toHaveBeenCalledTimes(1);
    end();
  },
);
