import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { locateCachedEnvoy } from '../src/playground/locate-envoy.ts';
import { startEnvoy } from '../test/envoy/running-envoy.ts';
import { startMesh, type TestMesh } from '../test/mesh/fixture.ts';
import { namespace } from '../test/mesh/world.ts';
import { answering, documents, envoyContainer, idle, service, workload } from './pods/manifests.ts';
import { anonymousMb, isEnvoy, percentile, pidOf } from './pods/proxy-process.ts';
import type { Row } from './table.ts';

const client = 'default/client';
const many = 1000;
const more = 5000;
const used = 10;
/** Below nine tenths of the limit hosts are pushed again. */
const few = 850;

/** An injected pod of the playground, as root: memory, first requests, start, and the change of the mode under load. */
export async function benchSidecar(): Promise<Row[]> {
  const envoy = locateCachedEnvoy(process.env);
  if (envoy === undefined) return [{ what: 'there is no Envoy: test/envoy/install.sh', measured: '', floor: '' }];
  const nothing = await bareMemory(envoy);
  return [
    { what: 'bare Envoy that serves nothing', measured: `${nothing.toFixed(1)} MB`, floor: '' },
    ...(await withMesh(envoy, many, async (mesh) => [
      ...(await measureProxy(mesh, many, 30)),
      ...(await crossing(mesh)),
    ])),
    // A mesh of its own: hosts that the first client used are remembered, and its next proxy gets them all.
    ...(await withMesh(envoy, more, (mesh) => measureProxy(mesh, more, 20))),
  ];
}

async function withMesh(envoy: string, services: number, measure: (mesh: TestMesh) => Promise<Row[]>): Promise<Row[]> {
  const mesh = await startMesh({
    envoy,
    concurrency: 1,
    manifests: {
      'pods.yaml': documents(
        namespace('default', 'meshed'),
        workload('server', 'default', [envoyContainer('server', answering(8080))]),
        workload('client', 'default', [idle]),
      ),
      'few.yaml': servicesFrom(0, few),
      'many.yaml': servicesFrom(few, services),
    },
  });
  try {
    return await measure(mesh);
  } finally {
    await mesh.stop();
  }
}

/** All of one server: what counts is how many there are. */
function servicesFrom(from: number, to: number): string {
  const names = Array.from({ length: to - from }, (_, index) => `svc-${from + index}`);
  return documents(...names.map((name) => service(name, 'default', 'server', 'virtual')));
}

async function bareMemory(binary: string): Promise<number> {
  const running = startEnvoy(binary, ['--config-yaml', '{}', ...flags], mkdtempSync(join(tmpdir(), 'outrigger-bare-')));
  await sleep(2000);
  const found = anonymousMb(running.process.pid ?? 0);
  await running.stop();
  return found;
}

const flags = ['--concurrency', '1', '--disable-hot-restart', '--log-level', 'error'];

async function measureProxy(mesh: TestMesh, services: number, floor: number): Promise<Row[]> {
  await restart(mesh);
  await mesh.settled();
  const first = await firstRequests(mesh, 0, used);
  await sleep(1000);
  const memory = anonymousMb(pidOf(mesh, client, 'istio-proxy'));
  // The control plane has seen some by then.
  const rest = await firstRequests(mesh, used, used + 220);
  const cold = rest.first.slice(20);
  const found = `p50 ${percentile(cold, 0.5).toFixed(1)} ms, p99 ${percentile(cold, 0.99).toFixed(1)} ms`;
  const failed = [...first.failed, ...rest.failed];
  const readyMs: number[] = [];
  for (let turn = 0; turn < 5; turn++) readyMs.push(await startBeside(mesh));
  const known = mesh.snapshot().services.length;
  const what = `${services.toLocaleString('en')} services`;
  return [
    {
      what: `${what} (${known}), ${used} hosts used: anonymous memory`,
      measured: `${memory.toFixed(1)} MB`,
      floor: `<= ${floor} MB`,
    },
    {
      what: `${what}: second request to a host`,
      measured: `p50 ${percentile(rest.second, 0.5).toFixed(1)} ms, p99 ${percentile(rest.second, 0.99).toFixed(1)} ms`,
      floor: '',
    },
    {
      what: `${what}: first request to a never-used host, ${cold.length} of them`,
      measured: found,
      floor: 'p99 <= 20 ms',
    },
    { what: `${what}: requests that failed`, measured: failed.join(' ') || '0', floor: '0' },
    {
      what: `${what}: ready after exec, 5 starts`,
      measured: readyMs.map((ms) => `${ms.toFixed(0)} ms`).join(', '),
      floor: '<= 200 ms',
    },
  ];
}

interface First {
  readonly first: readonly number[];
  readonly second: readonly number[];
  readonly failed: readonly string[];
}

/** One at a time, names resolved before. */
async function firstRequests(mesh: TestMesh, from: number, to: number): Promise<First> {
  return JSON.parse(await node(mesh, `${firstScript}(${from}, ${to})`)) as First;
}

const firstScript = `(async (from, to) => {
  const http = require('node:http'), dns = require('node:dns/promises');
  const agent = new http.Agent({ keepAlive: true });
  const ask = (host, address) => new Promise((resolve) => {
    const begun = performance.now();
    const end = (status) => resolve({ status, ms: performance.now() - begun });
    const request = http.get({ host: address, port: 80, agent, headers: { host }, timeout: 10000 }, (answer) => {
      answer.resume();
      answer.on('end', () => end(answer.statusCode));
    });
    request.on('error', (error) => end(error.code));
  });
  const result = { first: [], second: [], failed: [] };
  const { address } = await dns.lookup('svc-0.default.svc.cluster.local');
  for (let index = from; index < to; index++) {
    const host = 'svc-' + index + '.default.svc.cluster.local';
    for (const turn of ['first', 'second']) {
      const { status, ms } = await ask(host, address);
      result[turn].push(ms);
      if (status !== 200) result.failed.push(host + ' ' + status);
    }
  }
  console.log(JSON.stringify(result));
  process.exit(0);
})`;

/** What the script prints, in the first container of the client. */
async function node(mesh: TestMesh, script: string): Promise<string> {
  const { code, output } = await mesh.playground.exec(mesh.pod(client), 'client', ['node', '-e', script]);
  if (code !== 0) throw new Error(output);
  return output;
}

/** Ends the proxy and lets the pod start it again, so that nothing of before is left. */
async function restart(mesh: TestMesh): Promise<void> {
  const before = pidOf(mesh, client, 'istio-proxy');
  process.kill(before, 'SIGKILL');
  while (pidOf(mesh, client, 'istio-proxy') === before) await sleep(20);
  await mesh.playground.ready(60);
}

/**
 * A second proxy of the pod beside the first, with its arguments and its files and ports of its own: what the cluster
 * of this process does when a pod changes would be measured, too. Milliseconds from the exec to the first 200.
 */
async function startBeside(mesh: TestMesh): Promise<number> {
  const first = pidOf(mesh, client, 'istio-proxy');
  const textsOf = (file: string) => readFileSync(`/proc/${first}/${file}`, 'utf8').split('\0').filter(Boolean);
  const idOf = (kind: 'Uid' | 'Gid') =>
    new RegExp(`^${kind}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${first}/status`, 'utf8'))?.[1] ?? '0';
  const words = textsOf('cmdline').map((word) => word.replaceAll(/\b15(000|004|020|021|090)\b/g, '25$1'));
  const enter = ['--target', String(first), '--mount', '--net', '--root', '--wd'];
  const ids = ['--setgid', idOf('Gid'), '--setuid', idOf('Uid')];
  const env = Object.fromEntries(textsOf('environ').map((pair) => [pair.split('=')[0], pair.replace(/^[^=]*=/, '')]));
  const ready = node(mesh, readyScript);
  // The one who asks is to be there before.
  await sleep(500);
  const second = spawn('nsenter', [...enter, ...ids, ...words], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = new Promise<never>((_, reject) => second.on('exit', () => reject(new Error('the proxy has ended'))));
  ended.catch(() => {});
  try {
    while (!isEnvoy(second.pid ?? 0)) await sleep(1);
    const begun = Date.now();
    return Number(await Promise.race([ready, ended])) - begun;
  } finally {
    second.kill('SIGKILL');
  }
}

const readyScript = `(async () => {
  const http = require('node:http');
  const ask = () => new Promise((resolve) => {
    const request = http.get('http://127.0.0.1:25021/healthz/ready', (answer) => resolve(answer.statusCode));
    request.on('error', () => resolve(0));
  });
  const limit = Date.now() + 15000;
  while ((await ask()) !== 200 && Date.now() < limit) await new Promise((resolve) => setTimeout(resolve, 2));
  console.log(Date.now());
  process.exit(0);
})()`;

/** Over the limit and back below, with requests to three hosts all the time. */
async function crossing(mesh: TestMesh): Promise<Row[]> {
  const forMs = 16_000;
  const loads = [1, 2, 3].map((index) =>
    mesh.load(client, { url: `http://svc-${index}/`, forMs, concurrency: 4, rate: 100, timeoutMs: 5000 }),
  );
  await sleep(2000);
  await mesh.apply('over.yaml', servicesFrom(many, many + 60));
  await sleep(3000);
  await mesh.remove('over.yaml');
  await sleep(1000);
  await mesh.remove('many.yaml');
  await sleep(3000);
  await mesh.apply('many.yaml', servicesFrom(few, many));
  const results = await Promise.all(loads);
  const statuses = results.flatMap((result) => Object.entries(result.statuses));
  const sum = (entries: readonly [string, number][]) => entries.reduce((all, [, count]) => all + count, 0);
  const failed = statuses.filter(([status]) => status !== '200');
  const slowest = Math.max(...results.map(({ maxMs }) => maxMs));
  return [
    {
      what: `${many} services crossed upwards and back (to ${few}) under load`,
      measured: `${sum(failed)} of ${sum(statuses)} requests failed, slowest ${slowest.toFixed(0)} ms`,
      floor: '0 failed',
    },
  ];
}
