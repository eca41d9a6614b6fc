import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type InProcess, startInProcess } from '../../src/app/in-process.ts';
import type { ConfigRow, DashboardState, ReplicaState, ServicePage, TapState } from '../../src/dashboard/api-types.ts';
import type { JsonObject } from '../../src/model/json.ts';
import type { TapLine } from '../../src/model/tap.ts';
import type { ControlPlaneOptions } from '../../src/playground/control-plane.ts';
import { loggerTo } from '../../src/telemetry/logger.ts';
import { EventReader } from '../../web/src/data/event-stream.ts';
import { until } from '../envoy/condition.ts';
import { findRequirements } from '../netns/requirements.ts';
import { findPrometheus, type RunningPrometheus, startPrometheus } from '../telemetry/prometheus.ts';
import { startMesh, type TestMesh } from './fixture.ts';
import { app, namespace } from './world.ts';

/** Two replicas of the control plane with one root: every proxy is served by the first, and the page is asked of the second. */
const envoy = findRequirements();
const prometheusFolder = findPrometheus();
const route = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: server, namespace: default}
spec: {hosts: [server], http: [{timeout: 7s, route: [{destination: {host: server}}]}]}
---`;
/** Its one endpoint is ejected soon, and for as long as the test goes on. */
const rule = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: failing, namespace: default}
spec:
  host: failing
  trafficPolicy: {outlierDetection: {consecutive5xxErrors: 3, interval: 1s, baseEjectionTime: 300s, maxEjectionPercent: 100}}
---`;
const world = [namespace('default', 'meshed'), app('client'), app('server'), app('failing'), route, rule].join('');
/** Of this run alone: replicas listen at the same port. */
const second = `127.77.${(process.pid >> 8) & 255}.${(process.pid & 127) + 1}`;
const url = 'http://server.default.svc.cluster.local:9080/headers';

describe.skipIf(envoy === undefined)('a page of a replica that serves no proxy', () => {
  let mesh: TestMesh;
  let given: ControlPlaneOptions;
  let first: InProcess;
  let beside: InProcess;
  let prometheus: RunningPrometheus | undefined;

  const start = async (host: string, instance: string, sets: readonly string[] = []): Promise<InProcess> => {
    const { source, tokens: authenticator, stateFolder } = given;
    const logger = loggerTo({ write: (line) => void process.stderr.write(line) }, 'error');
    const replica = await startInProcess({ source, authenticator, host, instance, stateFolder, logger, sets });
    know(replica);
    return replica;
  };
  /** Both as pods, as in a cluster. */
  const know = ({ composition: { mesh: part } }: InProcess) => {
    const pods = [['first', given.host] as const, ['second', second] as const];
    part?.registry.apply({ upserts: pods.map(([name, ip]) => controlPlanePod(name, ip)), removals: [] });
  };

  beforeAll(async () => {
    mesh = await startMesh({
      ...{ envoy: envoy ?? '', manifests: { 'world.yaml': world } },
      startControlPlane: async (options) => {
        given = options;
        first = await start(options.host, 'first');
        return { ...first, rootPem: first.rootPem, stop: () => first.stop() };
      },
    });
    // It has been told nothing: what it is not asked, proxies tell all the same.
    prometheus = prometheusFolder === undefined ? undefined : await startPrometheus(prometheusFolder, []);
    beside = await start(second, 'second', prometheus && [`dashboard.prometheusUrl=${prometheus.url}`]);
  });
  afterAll(async () => {
    await beside?.stop();
    await prometheus?.stop();
    await mesh?.stop();
  });

  /** As the page asks. */
  async function look(replica: InProcess, asked: Readonly<Record<string, string>> = {}) {
    const stop = new AbortController();
    const query = new URLSearchParams({
      ...{ namespace: 'default', name: 'server-v1', id: randomBytes(16).toString('hex'), replicas: 'all' },
      ...asked,
    });
    const response = await fetch(`${replica.dashboardUrl}/api/tap?${query}`, { signal: stop.signal });
    expect(response.status).toBe(200);
    const events: { event: string; data: unknown }[] = [];
    const over = (async () => {
      const reader = new EventReader();
      const decoder = new TextDecoder();
      for await (const part of response.body as unknown as AsyncIterable<Uint8Array>)
        for (const { event, data } of reader.read(decoder.decode(part, { stream: true })))
          events.push({ event, data: JSON.parse(data) });
    })().catch(() => undefined);
    const last = (name: string) => events.findLast(({ event }) => event === name)?.data;
    return {
      state: () => last('tap') as TapState | undefined,
      replicas: () => last('replicas') as ReplicaState | undefined,
      lines: () => events.filter(({ event }) => event === 'line').map(({ data }) => data as TapLine),
      end: () => {
        stop.abort();
        return over;
      },
    };
  }

  const telling = { proxies: 1, here: 1, ready: 1 };
  const soon = { timeout: 20_000 };

  const told = async (replica: InProcess, path: string) => (await fetch(`${replica.dashboardUrl}/api/${path}`)).json();

  test('its page has every line, and a replica that goes away is said, and asked again', {
    timeout: 120_000,
  }, async () => {
    const page = await look(beside);
    await expect.poll(page.state, soon).toEqual(telling);
    expect(page.replicas()).toEqual({ asked: 1, silent: [] });
    await mesh.load('default/client', { url, n: 9 });
    await expect.poll(() => page.lines().length, soon).toBe(9);
    expect(page.lines()[0]).toMatchObject({ status: 200, side: 'served', source: { workload: 'client-v1' } });

    await first.stop();
    const gone = () => page.replicas()?.silent.map(({ replica, reason }) => [replica, reason !== '']);
    await expect.poll(gone, soon).toEqual([['first', true]]);
    await expect.poll(page.state, soon).toMatchObject({ here: 0, ready: 0 });
    first = await start(given.host, 'first');
    await expect.poll(page.state, { timeout: 40_000 }).toEqual(telling);
    expect(page.replicas()).toEqual({ asked: 1, silent: [] });
    // What is open still goes by the listener of before.
    await until(
      'requests are told again',
      async () => {
        const before = page.lines().length;
        await mesh.load('default/client', { url, n: 1 });
        return until('it is told', () => page.lines().length > before || undefined, 3).catch(() => undefined);
      },
      30,
    );
    await page.end();
    await until('nothing of it is left', async () => (await loggers()) === 0 || undefined, 20);
  });

  test('one replica is asked alone where that is asked for', async () => {
    const page = await look(beside, { replicas: 'own' });
    await expect.poll(page.state, soon).toEqual({ proxies: 1, here: 0, ready: 0 });
    expect(page.replicas()).toBeUndefined();
    await page.end();
  });

  test('who has taken a resource is what the other replica tells', async () => {
    await mesh.load('default/client', { url, n: 1 });
    const taken = async (replica: InProcess) => {
      const rows = (await told(replica, 'config')) as ConfigRow[];
      return rows.find(({ kind }) => kind === 'VirtualService')?.delivered;
    };
    await expect.poll(() => taken(first), soon).toEqual({ taken: 3, of: 3 });
    await expect.poll(() => taken(beside), soon).toEqual({ taken: 3, of: 3 });
    expect(((await told(beside, 'state')) as DashboardState).replica).toEqual({
      ...{ serves: 0, proxies: 3 },
      others: { asked: 1, silent: [] },
    });
  });

  test('which endpoint is ejected is told to the page, whoever serves the proxy that says it', async () => {
    await mesh.load('default/client', { url: 'http://failing.default.svc.cluster.local:9080/status/503', n: 9 });
    for (const replica of [beside, first]) {
      const asked = () => told(replica, 'services/default/failing') as Promise<ServicePage>;
      const client = 'default/client-v1';
      await expect.poll(async () => (await asked()).asked.proxies, soon).toMatchObject([{ client, state: 'told' }]);
      const [endpoint] = (await asked()).endpoints;
      expect(endpoint).toMatchObject({ health: 'ejected', leftBy: [{ client, flags: ['failed_outlier_check'] }] });
    }
    const { telemetry } = (await told(beside, 'state')) as DashboardState;
    expect(telemetry).not.toHaveProperty('problem');
    expect(telemetry.kind).toBe(prometheus === undefined ? 'proxies' : 'prometheus');
    const question = async () => (await mesh.admin('default/client', '/clusters')).includes('outrigger-question');
    expect(await question()).toBe(true);
    await until('nobody looks any more', async () => !(await question()) || undefined, 120);
  });

  const loggers = async () =>
    (await mesh.admin('default/server', '/config_dump?resource=dynamic_listeners')).split(/http_grpc|tcp_grpc/).length -
    1;
});

function controlPlanePod(name: string, podIP: string) {
  const object: JsonObject = {
    metadata: { name, namespace: 'outrigger-system', labels: { app: 'outrigger' } },
    spec: { serviceAccountName: 'outrigger', containers: [{ name: 'outrigger' }] },
    status: { phase: 'Running', podIP },
  };
  return {
    ...{ apiVersion: 'v1', kind: 'Pod', namespace: 'outrigger-system', name, object },
    origin: { kind: 'Pod', namespace: 'outrigger-system', name },
  };
}
