import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createConnection, type KubeConnection } from './connection.ts';
import { createCredentials } from './credentials.ts';
import { createKubernetesSource } from './kubernetes-source.ts';
import type { SourceProblem } from './mesh-watches.ts';

/** The first call imports the client of Kubernetes, which may take long on a busy machine. */
const soon = { timeout: 20_000 };

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let folder: string;
let server: Server;
let abort: AbortController;
let namespaces: Handler;
let nodes: Handler;
let single: Handler;

const list = (version: string, names: readonly string[]) =>
  JSON.stringify({ metadata: { resourceVersion: version }, items: names.map((name) => ({ metadata: { name } })) });
const line = (type: string, name: string, version: string, labels = {}) =>
  `${JSON.stringify({ type, object: { metadata: { name, resourceVersion: version, labels } } })}\n`;
const isWatch = (request: IncomingMessage) => request.url?.includes('watch=true') === true;

const none: Handler = (request, response) => {
  if (!isWatch(request)) response.end(list('1', []));
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outrigger-source-'));
  abort = new AbortController();
  nodes = none;
  single = (_, response) => response.writeHead(404).end('{}');
  server = createServer((request, response) => {
    if (request.url?.startsWith('/api/v1/nodes')) nodes(request, response);
    else if (/^\/apis\/|\/configmaps\?/.test(request.url ?? '')) none(request, response);
    else if (request.url?.startsWith('/api/v1/namespaces/')) single(request, response);
    else namespaces(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  abort.abort();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

async function connect(): Promise<KubeConnection> {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const kubeconfig = join(folder, 'config');
  await writeFile(join(folder, 'token'), 'first\n');
  const cluster = { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true };
  const config = {
    'current-context': 'c',
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user: { tokenFile: 'token' } }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
  };
  await writeFile(kubeconfig, JSON.stringify(config));
  return createConnection(createCredentials({ kubeconfig }));
}

async function run(idleMs?: number) {
  const problems: SourceProblem[] = [];
  const connection = await connect();
  const onProblem = (problem: SourceProblem) => problems.push(problem);
  const source = createKubernetesSource({ connection, onProblem, random: () => 0, idleMs });
  await source.start(abort.signal);
  return { source, problems, connection };
}

describe('namespaces over a connection that misbehaves', () => {
  test('pages, then events in any chunks; only metadata is asked for', async () => {
    let accept = '';
    namespaces = (request, response) => {
      accept = request.headers.accept ?? '';
      if (isWatch(request)) {
        const text = line('ADDED', 'c', '8') + line('DELETED', 'a', '9') + line('MODIFIED', 'b', '10', { k: 'ü' });
        const bytes = Buffer.from(text);
        for (let at = 0; at < bytes.length; at += 7) response.write(bytes.subarray(at, at + 7));
      } else if (request.url?.includes('continue=next')) response.end(list('7', ['b']));
      else response.end(JSON.stringify({ ...JSON.parse(list('7', ['a'])), metadata: { continue: 'next' } }));
    };
    const { source } = await run();
    await vi.waitFor(() => expect(source.namespace('b')?.labels).toEqual({ k: 'ü' }), soon);
    expect(source.namespace('a')).toBeUndefined();
    expect(source.namespace('c')).toMatchObject({ name: 'c' });
    expect(accept).toContain('PartialObjectMetadata;');
  });

  test.each([
    ['410 as a status', (response: ServerResponse) => response.writeHead(410).end('{"message":"too old"}'), 'gone'],
    [
      '410 as an event',
      (response: ServerResponse) => response.write('{"type":"ERROR","object":{"kind":"Status","code":410}}\n'),
      'gone',
    ],
    ['garbage', (response: ServerResponse) => response.write('<html>\n'), 'garbage'],
    ['an unknown event', (response: ServerResponse) => response.write(line('RENAMED', 'a', '3')), 'garbage'],
    [
      'an event without a name',
      (response: ServerResponse) => response.write('{"type":"ADDED","object":{}}\n'),
      'garbage',
    ],
    [
      'a connection cut in the middle of a line',
      (response: ServerResponse) => response.write(line('ADDED', 'b', '3').slice(0, 20), () => response.destroy()),
      'unreachable',
    ],
    ['a refusal', (response: ServerResponse) => response.writeHead(500).end('boom'), 'refused'],
    [
      '429',
      (response: ServerResponse) => response.writeHead(429, { 'retry-after': '1' }).end('{"message":"later"}'),
      'throttled',
    ],
  ] as const)('%s: the last good state stays, then it catches up', async (_, misbehave, kind) => {
    let watches = 0;
    namespaces = (request, response) => {
      if (!isWatch(request)) response.end(list(watches === 0 ? '2' : '5', watches === 0 ? ['a'] : ['a', 'b']));
      else if (watches++ === 0) misbehave(response);
      else response.write(line('ADDED', 'b', '6'));
    };
    const { source, problems } = await run();
    await vi.waitFor(() => expect(problems.length).toBeGreaterThan(0), soon);
    await vi.waitFor(() => expect(source.synced).toBe(true), soon);
    expect(source.namespace('a')).toBeDefined();
    await vi.waitFor(() => expect(source.namespace('b')).toBeDefined(), soon);
    expect(problems[0]?.failure.kind).toBe(kind);
    if (kind === 'throttled') expect(problems[0]?.retryInMs).toBe(1000);
  });

  test('silence is taken for a dead connection', async () => {
    let watches = 0;
    namespaces = (request, response) => {
      if (!isWatch(request)) response.end(list('2', []));
      else if (watches++ > 0) response.write(line('ADDED', 'b', '3'));
      else response.writeHead(200).flushHeaders();
    };
    const { source, problems } = await run(200);
    await vi.waitFor(() => expect(source.namespace('b')).toBeDefined(), soon);
    expect(problems[0]?.failure.kind).toBe('idle');
  });

  test('an expired token is read again from its file', async () => {
    let valid = 'first';
    namespaces = (request, response) => {
      if (request.headers.authorization !== `Bearer ${valid}`) response.writeHead(401).end('{}');
      else if (!isWatch(request)) response.end(list('2', ['a']));
      else if (valid === 'first') {
        valid = 'second';
        void writeFile(join(folder, 'token'), 'second').then(() => response.end(line('ADDED', 'b', '3')));
      } else response.write(line('ADDED', 'c', '4'));
    };
    const { source, problems } = await run();
    await vi.waitFor(() => expect(source.namespace('c')).toBeDefined(), soon);
    expect(problems.map((problem) => problem.failure.kind)).toEqual(['unauthorized']);
  });

  test('without the right to see nodes the rest works', async () => {
    namespaces = (request, response) => {
      if (!isWatch(request)) response.end(list('2', ['a']));
    };
    nodes = (_, response) => response.writeHead(403).end('{"message":"forbidden"}');
    const { source } = await run();
    await source.whenSynced(AbortSignal.timeout(20_000));
    expect(source.nodes()).toEqual([]);
  });

  test('a namespace is asked for once, however many pods wait for it', async () => {
    namespaces = () => undefined;
    let asked = 0;
    single = (_, response) => {
      asked++;
      response.end('{"metadata":{"name":"new","labels":{"istio-injection":"enabled"}}}');
    };
    const { source } = await run();
    const answers = await Promise.all(Array.from({ length: 20 }, () => source.fetchNamespace('new')));
    expect(asked).toBe(1);
    expect(answers[19]?.labels).toEqual({ 'istio-injection': 'enabled' });
    single = (_, response) => response.writeHead(404).end('{}');
    expect(await source.fetchNamespace('none')).toBeUndefined();
    single = (_, response) => response.writeHead(403).end('{}');
    await expect(source.fetchNamespace('x')).rejects.toMatchObject({ code: 'OR1632' });
    single = (_, response) => response.destroy();
    await expect(source.fetchNamespace('x')).rejects.toMatchObject({ code: 'OR1630' });
  });
});

test('where there is no kubeconfig at all, that is what is said', async () => {
  vi.stubEnv('HOME', folder);
  vi.stubEnv('KUBECONFIG', '');
  try {
    await expect(createCredentials({}).target()).rejects.toThrow(/^OR1631 there is no kubeconfig/);
  } finally {
    vi.unstubAllEnvs();
  }
});

test('a kubeconfig that cannot be used is a coded error', async () => {
  await writeFile(join(folder, 'config'), '{"clusters":[],"contexts":[],"users":[]}');
  const missing = createConnection(createCredentials({ kubeconfig: join(folder, 'absent') }));
  await expect(missing.json({ method: 'GET', path: '/' })).rejects.toMatchObject({ code: 'OR1631' });
  const empty = createConnection(createCredentials({ kubeconfig: join(folder, 'config'), context: 'prod' }));
  await expect(empty.json({ method: 'GET', path: '/' })).rejects.toMatchObject({ code: 'OR1631' });
});
