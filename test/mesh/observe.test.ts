import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessOf } from '../../src/cli/cluster-flags.ts';
import { type FollowedEvent, followDashboards } from '../../src/cluster-access/dashboard.ts';
import type {
  ChangeAnswer,
  ConfigPage,
  ConfigRow,
  DashboardState,
  FanOutPage,
  Graph,
  GraphEdge,
  SecurityPage,
  ServicePage,
  ServiceRow,
  WorkloadPage,
} from '../../src/dashboard/api-types.ts';
import type { TapLine } from '../../src/model/tap.ts';
import { until } from '../envoy/condition.ts';
import { findRequirements } from '../netns/requirements.ts';
import { startMesh, type TestMesh } from './fixture.ts';
import { firstLine } from './lines.ts';
import { app, namespace } from './world.ts';

/** What the dashboard tells of real proxies: who calls whom, and whether by mutual TLS. */
const envoy = findRequirements();
const main = join(import.meta.dirname, '../../src/main.ts');

const world = [
  namespace('default', 'meshed'),
  namespace('outside', 'plain'),
  app('first'),
  app('second', { annotations: { 'proxy.outrigger.io/delivery': 'eager' } }),
  app('server', {
    ports: [
      { port: 9080, name: 'http', speaks: 'http' },
      { port: 9083, name: 'tcp-echo', speaks: 'tcp' },
    ],
  }),
  app('stranger', { namespace: 'outside' }),
].join('');

/** Only for the pods of one client, by name of its workload. */
const plaintext = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: plain, namespace: default}
spec:
  host: server.default.svc.cluster.local
  workloadSelector: {matchLabels: {app: first}}
  trafficPolicy: {tls: {mode: DISABLE}}
---`;

describe.skipIf(envoy === undefined)('the graph of real proxies', () => {
  let mesh: TestMesh;
  let stop = false;
  let loads: Promise<unknown>[] = [];
  beforeAll(async () => {
    mesh = await startMesh({ envoy: envoy ?? '', sets: ['mesh.pushedHosts=0'], manifests: { 'world.yaml': world } });
    const url = 'http://server.default.svc.cluster.local:9080/headers';
    loads = ['default/first', 'default/second', 'outside/stranger'].map(async (client) => {
      while (!stop) await mesh.load(client, { url, n: 20, rate: 20 });
    });
  });
  afterAll(async () => {
    stop = true;
    await Promise.allSettled(loads);
    await mesh?.stop();
  });

  const ask = async <T>(path: string, init: RequestInit = {}): Promise<T> => {
    const response = await fetch(`${mesh.control().dashboardUrl}/api/${path}`, init);
    expect([path, response.status]).toEqual([path, 200]);
    return (await response.json()) as T;
  };
  const graph = () => ask<Graph>('graph?range=60');
  const from = (edges: readonly GraphEdge[], source: string) =>
    edges.find((edge) => edge.source.includes(source) && edge.target === 'workload/default/server-v1/v1');
  const shares = async () => {
    const { edges } = await graph();
    return ['/first-v1/', '/second-v1/', 'unknown/'].map((source) => from(edges, source)?.mtls.share);
  };

  test('each caller with its lock, and whoever has no proxy is unknown', async () => {
    const seen = await until(
      'all three callers are drawn',
      async () => {
        const found = await shares();
        return found.every((share) => typeof share === 'number') ? found : undefined;
      },
      30,
    );
    expect(seen).toEqual([1, 1, 0]);
    const { telemetry, nodes, edges } = await graph();
    expect(telemetry).toMatchObject({ kind: 'proxies', state: 'ok', proxies: { asked: 3, answered: 3 } });
    expect(nodes.find(({ name }) => name === 'server-v1')).toMatchObject({
      health: { state: 'healthy' },
      proxies: { connected: 1, expected: 1 },
    });
    expect(from(edges, '/first-v1/')).toMatchObject({
      protocol: 'http',
      hosts: ['server.default.svc.cluster.local'],
      mtls: { sourcePrincipals: ['spiffe://cluster.local/ns/default/sa/first'] },
    });
  });

  test('mutual TLS turned off for one client: its lock is open within fifteen seconds, the other stays shut', async () => {
    await mesh.apply('plain.yaml', plaintext);
    const applied = Date.now();
    const others: unknown[] = [];
    await until(
      'the lock opens',
      async () => {
        const [first, second] = await shares();
        others.push(second);
        return first === 0 || undefined;
      },
      15,
    );
    expect(Date.now() - applied).toBeLessThan(15_000);
    expect(new Set(others)).toEqual(new Set([1]));
    await mesh.remove('plain.yaml');
    await until('the lock shuts again', async () => (await shares())[0] === 1 || undefined, 30);
  });

  test('the pages: what is called, who has what, and what a change would be', async () => {
    const routes = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: server, namespace: default}
spec:
  hosts: [server]
  http: [{timeout: 3s, route: [{destination: {host: server, subset: one}}]}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: server, namespace: default}
spec: {host: server, subsets: [{name: one, labels: {version: v1}}]}
---`;
    await mesh.apply('routes.yaml', routes);
    const services = await ask<ServiceRow[]>('services');
    expect(services.find(({ name }) => name === 'server')).toMatchObject({
      host: 'server.default.svc.cluster.local',
      health: { state: 'healthy' },
    });
    const service = await ask<ServicePage>('services/default/server');
    expect(service.split).toEqual([{ version: 'v1', configured: 1, observed: 1 }]);
    expect(service.endpoints).toMatchObject(Array(2).fill({ workload: 'server-v1', version: 'v1', health: 'healthy' }));
    expect(service.policies.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'VirtualService server',
      'DestinationRule server',
    ]);
    expect(service.signals.requests.values.filter((value) => (value ?? 0) > 0)).not.toEqual([]);
    const workload = await ask<WorkloadPage>('workloads/default/server-v1');
    expect(workload.inbound).toHaveLength(3);
    expect(workload.proxies).toMatchObject([
      { synced: 'SYNCED', certificate: { identity: 'spiffe://cluster.local/ns/default/sa/server' } },
    ]);
    expect(workload.proxies[0]?.memory.used).toBeGreaterThan(1_000_000);
    expect(workload.proxies[0]?.certificate?.expires).toBeGreaterThan(Date.now());
    // What was taken is counted anew every few seconds.
    const row = await until(
      'the ledger has the VirtualService',
      async () => {
        const rows = await ask<ConfigRow[]>('config');
        return rows.find(({ kind, delivered }) => kind === 'VirtualService' && delivered !== null);
      },
      20,
    );
    expect(row.affects).toEqual(['server.default.svc.cluster.local']);
    expect(row.delivered?.taken).toBe(row.delivered?.of);
    const page = await ask<ConfigPage>('config/VirtualService/default/server');
    expect(page.mayWrite).toBe(false);
    const change = await ask<ChangeAnswer>('config/preview', {
      method: 'POST',
      headers: { 'content-type': 'application/yaml' },
      body: page.yaml.replace('timeout: 3s', 'timeout: 5s').replace('subset: one', 'subset: none'),
    });
    expect(change.diff).toMatch(/^-.*timeout: 3s$/m);
    expect(change.diff).toMatch(/^\+.*timeout: 5s$/m);
    expect(change.findings.map(({ message }) => message).join()).toContain('none');
    const security = await ask<SecurityPage>('security');
    expect(security.namespaces).toMatchObject([{ namespace: 'default', mode: 'PERMISSIVE', ready: false }]);
    expect(security.namespaces[0]?.blockedBy.map(({ workload: who }) => who)).toContain('callers without a proxy');
    const { entries } = await ask<FanOutPage>('fan-out');
    const second = entries.find(({ workload: entry }) => entry === 'default/second-v1');
    expect(second?.levels[0]?.to).toMatchObject([{ namespace: 'default', name: 'server-v1' }]);
    const refused = await fetch(`${mesh.control().dashboardUrl}/api/config/VirtualService/default/server`, {
      method: 'PUT',
      headers: { 'content-type': 'application/yaml' },
      body: page.yaml,
    });
    expect(await refused.text()).toContain('OR4038');
    const from = {
      method: 'POST',
      headers: { 'content-type': 'application/yaml', origin: 'http://evil.example' },
      body: page.yaml,
    };
    expect((await fetch(`${mesh.control().dashboardUrl}/api/config/preview`, from)).status).toBe(403);
    const pod = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'x' },
      spec: { containers: [{ name: 'x', image: 'x' }] },
    });
    const injected = { method: 'POST', headers: { 'content-type': 'application/json' }, body: pod };
    expect(JSON.stringify(await ask('injection-preview?namespace=default', injected))).toContain('istio-proxy');
  });

  const run = async (...args: string[]): Promise<string> => {
    const env = { ...process.env, KUBECONFIG: mesh.playground.kubeconfig };
    const { stdout } = await promisify(execFile)(process.execPath, [main, ...args], { env });
    return stdout;
  };

  test('the same in a terminal, by a forwarded port', async () => {
    await expect(run('stat', 'deploy/server-v9')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('OR2531'),
    });
    const stat = await run('stat', 'deploy/server-v1');
    expect(stat).toMatch(
      /^NAME +MESHED +SUCCESS +RPS +LATENCY_P50 +LATENCY_P95 +LATENCY_P99\nserver-v1 +1\/1 +100\.00% +\d/,
    );
    const edges = await run('edges', '-n', 'default');
    expect(edges).toMatch(/^first-v1 +server-v1 +default +default +√$/m);
    expect(edges).toMatch(/^unknown +server-v1 +default +no$/m);
    expect(JSON.parse(await run('top', '-A', '--max', '1', '-o', 'json'))).toHaveLength(1);
    expect(await run('cost', 'deploy/server-v1')).toMatch(
      /server-v1 +1 +\d+Mi .*sidecar\.istio\.io\/proxyMemory=\d+Mi/,
    );
  });

  /** A tap in this process, from when its proxies tell; what it then tells, and its end. */
  const following = async (asked: Readonly<Record<string, string>>) => {
    const ended = new AbortController();
    const events: FollowedEvent[] = [];
    const { connection, ports } = accessOf({ kubeconfig: mesh.playground.kubeconfig });
    const place = { connection, ports, namespace: 'outrigger-system', url: new URL(mesh.control().dashboardUrl) };
    const query = new URLSearchParams({ namespace: 'default', id: randomBytes(16).toString('hex'), ...asked });
    const over = followDashboards(place, `/api/tap?${query}`, {
      ...{ signal: ended.signal, problem: () => undefined },
      tell: (event) => events.push(event),
    });
    const states = () => events.filter(({ event }) => event === 'tap').map(({ data }) => data);
    await until('its proxies tell', () => isDeepStrictEqual(states().at(-1), { proxies: 1, here: 1, ready: 1 }), 20);
    const lines = () => events.filter(({ event }) => event === 'line').map(({ data }) => data as TapLine);
    const end = async () => {
      ended.abort();
      await over;
    };
    return { lines, end };
  };
  const loggers = async (pod: string) =>
    (await mesh.admin(pod, '/config_dump?resource=dynamic_listeners')).split(/http_grpc|tcp_grpc/).length - 1;
  const server = 'http://server.default.svc.cluster.local:9080';
  /** Its requests go on, on connections that are kept, until it is called. */
  const goingOn = (client: string) => {
    let last = false;
    const rounds = (async () => {
      const statuses = new Set<string>();
      while (!last) {
        const done = await mesh.load(client, { url: `${server}/headers`, forMs: 3000, rate: 40, concurrency: 4 });
        for (const status of Object.keys(done.statuses)) statuses.add(status);
      }
      return [...statuses];
    })();
    return () => {
      last = true;
      return rounds;
    };
  };
  /** Each thread of a proxy tells by itself. */
  const byTime = (a: TapLine, b: TapLine) => a.at - b.at || a.source.address.localeCompare(b.source.address);
  const byUs = (line: TapLine) => expect(Math.abs(Date.now() - line.at)).toBeLessThan(120_000);
  const end = (name: string) => ({
    ...{ workload: `${name}-v1`, namespace: 'default' },
    principal: `spiffe://cluster.local/ns/default/sa/${name}`,
  });
  const request = {
    ...{ method: 'GET', authority: 'server.default.svc.cluster.local:9080', path: '/tapped?…' },
    ...{ status: 200, flags: '', bytesReceived: 0, bytesSent: expect.any(Number), durationMs: expect.any(Number) },
  };

  test('tap: each request of a known load, right from both ends and by each delivery, and none is lost', async () => {
    const meanwhile = [goingOn('default/first'), goingOn('default/second')];
    expect(await loggers('default/server')).toBe(0);
    const taps = await Promise.all([
      following({ name: 'server-v1', path: '/tapped' }),
      following({ name: 'server-v1', path: '/tapped', side: 'served', peer: 'first-v1', status: '2xx' }),
      following({ name: 'first-v1', path: '/tapped', side: 'calls', peer: 'default/server-v1' }),
      following({ name: 'second-v1', path: '/tapped', authority: request.authority, method: 'get' }),
    ]);
    expect(await loggers('default/server')).toBeGreaterThan(0);
    // What is open still has the listener of before, and goes with its next answer: until none of a burst is missing.
    const warm = () => taps[0]?.lines().filter(({ path }) => path === '/tapped/warm').length ?? 0;
    for (const client of ['default/first', 'default/second', 'outside/stranger'])
      await until(
        `${client} goes by new connections`,
        async () => {
          const before = warm();
          await mesh.load(client, { url: `${server}/tapped/warm`, n: 32, concurrency: 8 });
          return until('all are told', () => warm() === before + 32 || undefined, 3).catch(() => undefined);
        },
        30,
      );
    const headers = { authorization: 'Bearer x', cookie: 'secret=y' };
    for (const client of ['default/first', 'default/second', 'outside/stranger'])
      await mesh.load(client, { url: `${server}/tapped?secret=x`, n: 7, rate: 50, headers });
    const tapped = () =>
      taps.map(({ lines }) =>
        lines()
          .filter(({ path }) => path === request.path)
          .sort(byTime),
      );
    const counts = () => tapped().map(({ length }) => length);
    await until('all lines are there', () => isDeepStrictEqual(counts(), [21, 7, 7, 7]), 10).catch(() =>
      expect(counts()).toEqual([21, 7, 7, 7]),
    );
    const [served = [], ofPeer = [], ofFirst = [], ofSecond = []] = tapped();
    const from = (workload: string) => served.filter(({ source }) => source.workload === workload);
    for (const [name, calls] of [['first', ofFirst] as const, ['second', ofSecond] as const]) {
      const right = { ...request, mtls: true, source: end(name), destination: end('server') };
      expect(from(`${name}-v1`)).toMatchObject(Array(7).fill({ ...right, side: 'served' }));
      expect(calls).toMatchObject(Array(7).fill({ ...right, side: 'calls' }));
    }
    expect(from('')).toMatchObject(Array(7).fill({ ...request, mtls: false, source: { principal: '' } }));
    expect(ofPeer).toEqual(from('first-v1').map((line) => ({ ...line })));
    served.forEach(byUs);
    expect(new Set(served.map(({ proxy }) => proxy.replace(/-[^-]+-[^-]+$/, '')))).toEqual(
      new Set(['default/server-v1']),
    );
    expect(JSON.stringify(taps.map(({ lines }) => lines()))).not.toMatch(/secret|Bearer/);
    for (const tap of taps) await tap.end();
    await until('nothing of it is left', async () => (await loggers('default/server')) === 0 || undefined, 10);
    for (const stop of meanwhile) expect(await stop()).toEqual(['200']);
  });

  test('tap: a 403 of a policy is told by its name, and one of the app is not', async () => {
    const policy = (name: string, rest: string) => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: ${name}, namespace: default}
spec: {selector: {matchLabels: {app: server}}, ${rest}}
---`;
    const denied =
      'action: DENY, rules: [{to: [{operation: {paths: [/refused/x]}}]}, {to: [{operation: {paths: [/refused/y]}}]}]';
    await mesh.apply('refused.yaml', policy('refused', denied));
    const tap = await following({ name: 'server-v1', path: '/refused', side: 'served' });
    const told = () => tap.lines().map(({ path, status, refusedBy }) => `${path} ${status} ${refusedBy}`);
    const refusal = (path: string, rule: number) =>
      `/refused/${path} 403 AuthorizationPolicy default/refused, rule ${rule}`;
    const all = [refusal('x', 0), refusal('y', 1), '/refused/z 200 '];
    await until(
      'each is told',
      async () => {
        for (const path of ['x', 'y', 'z']) await mesh.load('default/first', { url: `${server}/refused/${path}` });
        return until('all are there', () => all.every((one) => told().includes(one)) || undefined, 3).catch(
          () => undefined,
        );
      },
      30,
    ).catch(() => expect(told()).toEqual(expect.arrayContaining(all)));
    expect(new Set(told())).toEqual(new Set(all));
    await tap.end();
    await mesh.remove('refused.yaml');
  });

  test('tap of connections: opened and closed, from both ends, with bytes and the certificates; only where they are wanted', async () => {
    const taps = await Promise.all([
      following({ name: 'server-v1', connections: 'yes' }),
      following({ name: 'first-v1', side: 'calls', peer: 'server-v1', connections: 'yes' }),
      following({ name: 'second-v1', side: 'calls', connections: 'yes' }),
      following({ name: 'server-v1', side: 'served' }),
    ]);
    const host = 'server.default.svc.cluster.local';
    for (const client of ['default/first', 'default/second', 'outside/stranger'])
      expect(await firstLine(mesh, client, host, 9083)).not.toBe('');
    const told = () => taps.map(({ lines }) => lines().filter(({ connection }) => connection !== ''));
    const counts = () => told().map(({ length }) => length);
    await until('all are told', () => isDeepStrictEqual(counts(), [6, 2, 2, 0]) || undefined, 10).catch(() =>
      expect(counts()).toEqual([6, 2, 2, 0]),
    );
    const [served = [], ofFirst = [], ofSecond = []] = told();
    for (const [name, calls] of [['first', ofFirst] as const, ['second', ofSecond] as const]) {
      const { principal } = end(name);
      const ends = { source: end(name), destination: end('server'), mtls: true, status: 0, flags: '', path: '' };
      expect(calls).toMatchObject([
        { ...ends, side: 'calls', connection: 'opened', authority: `${host}:9083` },
        { ...ends, side: 'calls', connection: 'closed', bytesReceived: 5, bytesSent: expect.any(Number) },
      ]);
      expect(served.filter(({ source }) => source.principal === principal)).toMatchObject([
        { connection: 'opened', destination: end('server'), mtls: true },
        { connection: 'closed', destination: end('server'), bytesReceived: 5 },
      ]);
    }
    expect(served.filter(({ mtls }) => !mtls).map(({ connection }) => connection)).toEqual(['opened', 'closed']);
    served.forEach(byUs);
    for (const tap of taps) await tap.end();
    await until('nothing of it is left', async () => (await loggers('default/server')) === 0 || undefined, 10);
  });

  test('tap in a terminal: lines, bounded, until Ctrl-C; refused where nobody could tell', async () => {
    const env = { ...process.env, KUBECONFIG: mesh.playground.kubeconfig };
    const given = ['tap', 'deploy/server-v1', '--path', '/many', '--from', 'first-v1', '--max-rps', '5'];
    const child = spawn(process.execPath, [main, ...given], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = once(child, 'exit');
    const said = { out: '', err: '' };
    child.stdout.on('data', (part: Buffer) => {
      said.out += String(part);
    });
    child.stderr.on('data', (part: Buffer) => {
      said.err += String(part);
    });
    await until('its proxy tells', () => /^1 of 1 proxies tell/m.exec(said.err) ?? undefined, 30);
    const begun = Date.now();
    await mesh.load('default/first', { url: `${server}/many`, n: 200, rate: 200 });
    const lines = () => said.out.split('\n').slice(0, -1);
    await until('some are told', () => lines().length >= 5, 10);
    expect(lines().length).toBeLessThanOrEqual(5 * ((Date.now() - begun) / 1000 + 2));
    expect(lines()[0]).toMatch(
      /^[\d:.]{12} {2}in {3}first-v1\.default -> server-v1\.default {2}GET {2}server\.default\.svc\.cluster\.local:9080\/many {2}200 {2}[\d.]+ms {2}0B\/\d+B {2}mTLS$/,
    );
    child.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
    expect(said.err).toMatch(/^At least \d+ requests more were left out/m);
    await expect(run('tap', 'deploy/nobody')).rejects.toMatchObject({
      ...{ code: 1, stderr: expect.stringContaining('OR4041') },
    });
    for (const wrong of ['name=server-v1', 'namespace=default&name=server-v1&status=999', 'namespace=x&name=y&z=1'])
      expect((await fetch(`${mesh.control().dashboardUrl}/api/tap?${wrong}`)).status).toBe(400);
  });

  test('dashboard: a forwarded port until Ctrl-C', async () => {
    const env = { ...process.env, KUBECONFIG: mesh.playground.kubeconfig };
    const child = spawn(process.execPath, [main, 'dashboard', '--no-browser'], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    let said = '';
    child.stdout.on('data', (part: Buffer) => {
      said += String(part);
    });
    const [url = ''] = await until('it says where', () => /^http:\S+/.exec(said) ?? undefined, 20);
    const state = await fetch(`${url}/api/state`);
    expect(await state.json()).toMatchObject({
      ...{ place: 'playground', user: { mayWrite: false }, replica: { serves: 3, proxies: 3 } },
    });
    child.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
  });

  test('ejected endpoints, as the proxy of the client that ejected them tells', async () => {
    const outlier =
      'outlierDetection: {consecutive5xxErrors: 3, interval: 1s, baseEjectionTime: 60s, maxEjectionPercent: 100}';
    const rule = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: server, namespace: default}
spec: {host: server, trafficPolicy: {${outlier}}, subsets: [{name: one, labels: {version: v1}}]}
---`;
    await mesh.apply('routes.yaml', rule);
    const page = () => ask<ServicePage>('services/default/server');
    expect((await page()).ejections).toEqual([]);
    await mesh.load('default/first', { url: 'http://server.default.svc.cluster.local:9080/status/503', n: 5 });
    const seen = await until('it is told', async () => ((await page()).ejections.length > 0 ? page() : undefined), 20);
    expect(seen.ejections).toEqual([{ client: 'default/first-v1', port: 9080, subset: '', pods: 1, ejected: 1 }]);
    // It has no other at that port; the other port is another matter.
    expect(seen.endpoints.map(({ health }) => health)).toEqual(['ejected', 'healthy']);
    const { health } = (await ask<ServiceRow[]>('services')).find(({ name }) => name === 'server') ?? {};
    expect(health?.state).toMatch(/^(degraded|failing)$/);
    if (health?.state === 'degraded')
      expect(health.reason).toContain('default/first-v1 ejected 1 endpoint for failing');
    await mesh.apply('routes.yaml', rule.replace('60s', '1s'));
    await until('nobody is ejected', async () => (await page()).ejections.length === 0 || undefined, 20);
  });

  test('a proxy at the bound of its series: the page says that figures are short', async () => {
    const full = async () => (await ask<DashboardState>('state')).telemetry.proxies.full;
    await ask<Graph>('graph?range=60');
    expect(await full()).toBeUndefined();
    // As one does who wants to know which pages are slow.
    const change = 'tagOverrides: {request_path: {value: request.path}}';
    await mesh.apply(
      'paths.yaml',
      `
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: {name: paths, namespace: default}
spec:
  selector: {matchLabels: {app: first}}
  metrics: [{providers: [{name: prometheus}], overrides: [{match: {metric: REQUEST_COUNT, mode: CLIENT}, ${change}}]}]
---`,
    );
    const proxy = await until(
      'it is told',
      async () => {
        await mesh.shell('default/first', `curl -s -o /dev/null '${server}/headers?[1-400]' '${server}/item/[1-2100]'`);
        return (await full())?.[0];
      },
      60,
    );
    expect(proxy).toMatch(/^default\/first-v1-/);
  });
});
