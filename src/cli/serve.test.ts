import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Agent, request } from 'undici';
import { afterEach, beforeEach, expect, test } from 'vitest';

const main = resolve(import.meta.dirname, '../main.ts');
let folder: string;
let running: ChildProcess[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outrigger-'));
  running = [];
});
afterEach(async () => {
  for (const child of running) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

interface Run {
  readonly child: ChildProcess;
  readonly exit: Promise<number | null>;
  out(): string;
  err(): string;
}

function run(args: readonly string[], env: Record<string, string> = {}): Run {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env.PATH, HOME: folder, XDG_STATE_HOME: join(folder, 'state'), ...env },
  });
  running.push(child);
  let out = '';
  let err = '';
  child.stdout?.on('data', (data) => {
    out += data;
  });
  child.stderr?.on('data', (data) => {
    err += data;
  });
  const exit = once(child, 'close').then(([code]) => code as number | null);
  return { child, exit, out: () => out, err: () => err };
}

async function serve(args: readonly string[] = [], env: Record<string, string> = {}) {
  const process = run(['serve', '--port', '0', '--host', '127.0.0.1', '--print-json', ...args], env);
  await Promise.race([
    expect.poll(process.out, { timeout: 20_000 }).toContain('\n'),
    process.exit.then(() => expect.fail(process.err())),
  ]);
  const { port, caFile } = JSON.parse(process.out());
  const dispatcher = new Agent({ connect: { ca: await readFile(caFile, 'utf8') } });
  const ask = (path: string, options: object = {}) =>
    request(`https://localhost:${port}${path}`, { dispatcher, ...options });
  return { ...process, port: Number(port), ask, close: () => dispatcher.close() };
}

const review = (namespace: string) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'u',
      kind: { group: '', version: 'v1', kind: 'Pod' },
      operation: 'CREATE',
      namespace,
      object: {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'a' },
        spec: { containers: [{ name: 'a', image: 'a', env: [{ name: 'P', value: 'hunter2' }] }] },
      },
    },
  }),
});

test('serves the sample folder: injects, previews, logs one line a decision, ends cleanly', async () => {
  const server = await serve();
  const answer = await server.ask('/inject', review('default'));
  const { response } = (await answer.body.json()) as { response: { allowed: boolean; patch: string } };
  expect(response.allowed).toBe(true);
  expect(Buffer.from(response.patch, 'base64').toString()).toContain('istio-proxy');
  const preview = await server.ask('/preview?namespace=default', {
    method: 'POST',
    headers: { 'content-type': 'application/yaml' },
    body: await readFile(resolve(import.meta.dirname, '../../manifests/samples/pods/web.yaml'), 'utf8'),
  });
  expect(preview.statusCode).toBe(200);
  // A body that nobody reads to its end keeps its connection open for ever.
  await preview.body.dump();
  const ready = await server.ask('/healthz/ready');
  expect(ready.statusCode).toBe(200);
  await ready.body.dump();
  server.child.kill('SIGTERM');
  expect(await server.exit).toBe(0);
  const lines = server.err().trim().split('\n');
  const decisions = lines.map((line) => JSON.parse(line)).filter((line) => line.uid === 'u');
  expect(decisions).toMatchObject([{ outcome: 'injected', namespace: 'default', pod: 'a', reason: 'namespace_label' }]);
  expect(server.err()).not.toContain('hunter2');
  await server.close();
});

test('a folder is read again when a file changes, a broken one is told with its line', async () => {
  const file = join(folder, 'namespaces.yaml');
  const namespace = (label: string) =>
    `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: mine\n  labels: {istio-injection: ${label}}\n`;
  await writeFile(file, namespace('enabled'));
  const server = await serve(['--config', folder]);
  const decision = async () => {
    const answer = await server.ask('/inject', review('mine'));
    const { response } = (await answer.body.json()) as { response: { auditAnnotations: { decision: string } } };
    return response.auditAnnotations.decision;
  };
  expect(await decision()).toBe('namespace_label');
  await writeFile(file, namespace('disabled'));
  await expect.poll(decision, { timeout: 10_000 }).toBe('namespace_disabled');
  await writeFile(file, `${namespace('enabled')}x: [\n`);
  const notes = async () => (await server.ask('/healthz/ready')).body.text();
  await expect.poll(notes, { timeout: 10_000 }).toMatch(/OR1601 .*namespaces\.yaml:7:1/);
  expect(await decision()).toBe('namespace_disabled');
  await server.close();
});

test('a second signal ends at once what a slow client would hold up', async () => {
  const server = await serve(['--server-drain-seconds', '600']);
  const controller = new AbortController();
  async function* never(): AsyncGenerator<string> {
    yield '{';
    await new Promise(() => {});
  }
  const { headers } = review('default');
  const pending = server.ask('/inject', { method: 'POST', headers, body: never(), signal: controller.signal });
  pending.catch(() => {});
  const metrics = async () => (await server.ask('/metrics')).statusCode;
  expect(await metrics()).toBe(200);
  server.child.kill('SIGINT');
  await expect.poll(server.err, { timeout: 5000 }).toContain('stopping');
  server.child.kill('SIGINT');
  expect(await server.exit).toBe(130);
  controller.abort();
});

test('a busy port is a coded error with its remedy, exit 1', async () => {
  const first = await serve();
  const second = run(['serve', '--host', '127.0.0.1', '--port', String(first.port)]);
  expect(await second.exit).toBe(1);
  expect(second.err()).toMatch(/OR1004 .*is taken\n.*--port/);
  await first.close();
});

test.each([
  [['serve', '--prot', '1'], 2, /Did you mean --port\?/],
  [['serv'], 2, /Did you mean serve\?/],
  [['serve', '--port', 'x'], 1, /OR1002 --port: server.port is "x"/],
  [['serve', '--set', 'log.levle=x'], 1, /OR1001 .*did you mean log.level\?/],
  [['serve', '--config', '/nowhere'], 1, /OR1605 \/nowhere/],
  [['serve', '--tls-cert-file', 'a'], 1, /OR1503 .*together/],
])('%j ends with %d and says why', async (args, code, message) => {
  const process = run(args);
  expect(await process.exit).toBe(code);
  expect(process.err()).toMatch(message);
});

test('in words: what is served, and a line to copy', async () => {
  const process = run(['serve', '--host', '127.0.0.1', '--port', '0']);
  await expect.poll(process.out, { timeout: 20_000 }).toContain('Ctrl-C');
  expect(process.out()).toMatch(/curl --cacert \S+ca\.crt 'https:\/\/localhost:\d+\/preview\?namespace=default'/);
  process.child.kill('SIGINT');
  expect(await process.exit).toBe(0);
});

test('help lists every key with its default', async () => {
  const process = run(['serve', '--help']);
  expect(await process.exit).toBe(0);
  expect(process.out()).toContain('--port <value>');
  expect(process.out()).toMatch(/injection\.proxy\.logLevel {2}\(OUTRIGGER_INJECTION_PROXY_LOG_LEVEL\)/);
});
