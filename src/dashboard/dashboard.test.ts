import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type ClientRequest, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { BlockList } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../../test/envoy/condition.ts';
import { createPlainServer, defaultLimits, type PlainServer } from '../http/server.ts';
import type { TelemetrySource } from '../model/service-graph.ts';
import { type CallCounts, noCounts } from '../observe/call-counts.ts';
import type { Graph } from './api-types.ts';
import { dashboardPlugins } from './dashboard-plugins.ts';
import { Graphs } from './graphs.ts';
import { recognizer } from './recognize.ts';

const mostStreams = 20;
const folder = mkdtempSync(join(tmpdir(), 'outrigger-page-'));
const telemetry: TelemetrySource = { ...noCounts.source };
const replica = { serves: 0, proxies: 0, others: { asked: 0, silent: [] } };
const ticks = new Set<() => void>();
let watchers = 0;
let made = 0;
const counts: CallCounts = {
  ...noCounts,
  onTick: (listener) => {
    ticks.add(listener);
    return () => void ticks.delete(listener);
  },
  watch: () => {
    watchers += 1;
    return () => {
      watchers -= 1;
    };
  },
};
const tokens = {
  review: async (token: string) => {
    if (token === 'away') throw new Error('no answer');
    return { authenticated: token !== 'forged', user: token };
  },
  allowed: async (token: string) => token !== 'nobody',
};
let server: PlainServer;
let port = 0;

function serve(userHeader: string, from: string[]): PlainServer {
  const userHeaderFrom = new BlockList();
  for (const address of from) userHeaderFrom.addAddress(address);
  const inventory = () => {
    made += 1;
    return { workloads: [], isInside: () => true };
  };
  const plugins = dashboardPlugins({
    graphs: new Graphs({ counts, inventory, now: Date.now }),
    counts,
    state: (user) => ({ version: '1', place: 'files', user, telemetry, emergencies: [], links: {}, replica }),
    mostStreams,
    recognize: recognizer({ tokens, userHeader, userHeaderFrom, now: Date.now }),
    ...{ pageFolder: folder, world: undefined, tapping: undefined, users: undefined, localLog: undefined },
    injectionPreview: (_app, _, done) => done(),
  });
  return createPlainServer({ limits: defaultLimits, plugins, onFault: (error) => console.error(error) });
}

beforeAll(async () => {
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>page</title>');
  writeFileSync(join(folder, 'assets/page-1234.js'), 'export {};');
  server = serve('', []);
  port = await server.listen({ host: '0.0.0.0', port: 0 });
});
afterAll(async () => {
  await server.close(100);
  rmSync(folder, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly code: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Paths travel as they are written, which `fetch` would not let them. */
async function ask(path: string, options: RequestOptions = {}, content?: string): Promise<Answer> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, agent: false, ...options }, resolve);
    outgoing.once('error', reject).end(content);
  });
  const body = await text(response);
  const code = /"code":"(OR\d+)"/.exec(body)?.[1];
  return { status: response.statusCode ?? 0, code, headers: response.headers, body };
}

const asking = (headers: Record<string, string>, more: RequestOptions = {}) => ask('/api/state', { headers, ...more });
const codeOf = async (answer: Promise<Answer>) => {
  const { status, code } = await answer;
  return code === undefined ? `${status}` : `${status} ${code}`;
};

test('this machine may read, under its own name alone', async () => {
  for (const host of ['localhost:15014', '127.0.0.1', '[::1]:15014', 'LOCALHOST'])
    expect([host, await codeOf(asking({ host }))]).toEqual([host, '200']);
  for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:15014', '10.0.0.1'])
    expect([host, await codeOf(asking({ host }))]).toEqual([host, '403 OR4034']);
  expect(JSON.parse((await asking({ host: 'localhost' })).body).user).toEqual({
    name: 'this machine',
    mayWrite: false,
  });
});

test('a token has to be good wherever it comes from; it names the user', async () => {
  const by = (authorization: string) => codeOf(asking({ host: 'localhost', authorization }));
  expect(await by('Bearer alice')).toBe('200');
  expect(await by('Bearer forged')).toBe('401 OR4032');
  expect(await by('Basic YWxpY2U6')).toBe('401 OR4032');
  expect(await by(`Bearer ${'x'.repeat(17_000)}`)).toMatch(/^(400|401|431)/);
  expect(await by('Bearer nobody')).toBe('403 OR4033');
  expect(await by('Bearer away')).toMatch(/OR2215/);
  const { body } = await asking({ host: 'dashboard.example', authorization: 'Bearer alice' });
  expect(JSON.parse(body).user).toEqual({ name: 'alice', mayWrite: true });
});

test('from elsewhere nobody is anybody without a token; a header is believed of configured addresses alone', async () => {
  const { networkInterfaces } = await import('node:os');
  const own = Object.values(networkInterfaces())
    .flat()
    .find((one) => one?.family === 'IPv4' && !one.internal)?.address;
  if (own !== undefined) {
    const from = { host: own, localAddress: own };
    expect(await codeOf(asking({ host: 'localhost' }, from))).toBe('401 OR4032');
    expect(await codeOf(asking({ 'x-user': 'root', host: 'localhost' }, from))).toBe('401 OR4032');
    expect(await codeOf(asking({ authorization: 'Bearer alice' }, from))).toBe('200');
  }
  const proxied = serve('x-user', ['127.0.0.9']);
  const behind = await proxied.listen({ host: '127.0.0.1', port: 0 });
  const named = async (localAddress: string) =>
    asking({ 'x-user': 'bob', host: 'evil.example' }, { port: behind, localAddress });
  expect(JSON.parse((await named('127.0.0.9')).body).user).toEqual({ name: 'bob', mayWrite: false });
  expect(await codeOf(named('127.0.0.8'))).toBe('403 OR4034');
  await proxied.close(100);
});

test('the page: its files and no others, with headers that let nothing else run', async () => {
  const page = await ask('/', { headers: { host: 'localhost' } });
  expect(page.body).toContain('<title>page');
  const policy = String(page.headers['content-security-policy']);
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/unsafe|\*|https?:/);
  expect(page.headers['x-content-type-options']).toBe('nosniff');
  expect((await ask('/assets/page-1234.js')).headers['cache-control']).toContain('immutable');
  for (const path of [
    ...['/../package.json', '/assets/../../etc/passwd', '/..%2f..%2fetc/passwd', '/%2e%2e/%2e%2e/etc/passwd'],
    ...['/assets/..%5c..%5cetc', '//etc/passwd', '/assets/page-1234.js/../../x', '/assets/', '/assets/nothing.js'],
  ])
    expect([path, (await ask(path)).status]).toEqual([path, 404]);
});

test('ranges are whole seconds from 5 to 900', async () => {
  const range = (given: string) => codeOf(ask(`/api/graph?range=${given}`, { headers: { host: 'localhost' } }));
  for (const good of ['5', '60', '900']) expect(await range(good)).toBe('200');
  for (const bad of ['4', '901', '1e3', '-5', '', 'x', '60&range=70'])
    expect([bad, await range(bad)]).toEqual([bad, '400 OR4036']);
});

function stream(): Promise<{ readonly response: IncomingMessage; readonly outgoing: ClientRequest }> {
  const headers = { host: 'localhost' };
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path: '/api/graph/stream?range=60', agent: false, headers });
    outgoing.once('response', (response) => resolve({ response, outgoing }));
    outgoing.once('error', reject).end();
  });
}

test('streams: one graph a tick for all, no more of them than allowed, and nothing left of those that end', async () => {
  const opened = await Promise.all(Array.from({ length: mostStreams }, stream));
  const seen = opened.map(() => '');
  opened.forEach(({ response }, at) => {
    response.on('data', (part: Buffer) => {
      seen[at] += String(part);
    });
  });
  expect(opened[0]?.response.headers['content-type']).toBe('text/event-stream');
  await until('each has a first graph', () => seen.every((one) => one.includes('\n\n')) || undefined, 5);
  expect(watchers).toBe(mostStreams);
  const before = made;
  for (const listener of ticks) listener();
  await until(
    'each has a second one',
    () => seen.every((one) => one.split('event: graph').length === 3) || undefined,
    5,
  );
  expect(made).toBe(before + 1);
  const [, data = ''] = /^data: (.*)$/m.exec(seen[0] ?? '') ?? [];
  expect((JSON.parse(data) as Graph).rangeSeconds).toBe(60);
  const refused = await stream();
  expect(refused.response.statusCode).toBe(503);
  expect(refused.response.headers['retry-after']).toBe('30');
  expect(await text(refused.response)).toContain('OR4035');
  for (const { outgoing } of opened) outgoing.destroy();
  await until('nobody watches', () => watchers === 0 || undefined, 5);
});

test('ten thousand that want a stream: the first get one, the others an answer, and the server lives', async () => {
  const held: ClientRequest[] = [];
  const seen = new Map<ClientRequest, string>();
  let refused = 0;
  const one = async (): Promise<void> => {
    const { response, outgoing } = await stream();
    if (response.statusCode === 200) {
      held.push(outgoing);
      response.on('data', (part: Buffer) => seen.set(outgoing, (seen.get(outgoing) ?? '') + String(part)));
      return;
    }
    const told = [response.statusCode, response.headers['retry-after'], /OR\d+/.exec(await text(response))?.[0]];
    if (isDeepStrictEqual(told, [503, '30', 'OR4035'])) refused += 1;
    outgoing.destroy();
  };
  const heap = process.memoryUsage().heapUsed;
  for (let round = 0; round < 100; round += 1) await Promise.all(Array.from({ length: 100 }, one));
  expect(held).toHaveLength(mostStreams);
  expect(refused).toBe(10_000 - mostStreams);
  expect(process.memoryUsage().heapUsed - heap).toBeLessThan(256 * 1024 * 1024);
  expect(await codeOf(asking({ host: 'localhost' }))).toBe('200');
  const graphs = () => held.map((one) => (seen.get(one) ?? '').split('event: graph').length - 1);
  const before = graphs();
  for (const listener of ticks) listener();
  await until(
    'those that are served have the next graph',
    () => graphs().every((count, at) => count > (before[at] ?? 0)) || undefined,
    5,
  );
  for (const outgoing of held) outgoing.destroy();
  await until('nobody watches', () => watchers === 0 || undefined, 5);
});
