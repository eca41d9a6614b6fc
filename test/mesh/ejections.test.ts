import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ServicePage } from '../../src/dashboard/api-types.ts';
import { until } from '../envoy/condition.ts';
import { findRequirements } from '../netns/requirements.ts';
import { startMesh, type TestMesh } from './fixture.ts';
import { app, gatewayPod, namespace } from './world.ts';

/** Which endpoint is ejected, on the page: proxies are asked while somebody looks. */
const envoy = findRequirements();

/** One endpoint of three fails each request; it has no probe that would take it out. */
const bad = app('server', { versions: ['v3'], env: { ERROR_PERCENT: '100', ERROR_STATUS: '503' } })
  .split('\n---')
  .filter((text) => text.includes('kind: Deployment'))
  .join('\n---')
  .replace(/readinessProbe:.*/, '');

const rule = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: server, namespace: default}
spec:
  host: server
  trafficPolicy:
    loadBalancer: {simple: ROUND_ROBIN}
    outlierDetection: {consecutive5xxErrors: 3, interval: 1s, baseEjectionTime: 6s, maxEjectionPercent: 100}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: door, namespace: default}
spec: {selector: {istio: door}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: door, namespace: default}
spec: {hosts: [server.example], gateways: [door], http: [{route: [{destination: {host: server}}]}]}
---`;

const world = [
  namespace('default', 'meshed'),
  app('first'),
  app('second', { annotations: { 'proxy.outrigger.io/delivery': 'eager' } }),
  app('quiet'),
  app('server', { versions: ['v1', 'v2'] }),
  `${bad}\n---`,
  gatewayPod('door'),
  rule,
].join('');

const url = 'http://server.default.svc.cluster.local:9080/headers';

describe.skipIf(envoy === undefined)('an endpoint that is ejected', () => {
  let mesh: TestMesh;
  beforeAll(async () => {
    mesh = await startMesh({ envoy: envoy ?? '', manifests: { 'world.yaml': world } });
  });
  afterAll(async () => {
    await mesh?.stop();
  });

  const page = async (): Promise<ServicePage> => {
    const response = await fetch(`${mesh.control().dashboardUrl}/api/services/default/server`);
    expect(response.status).toBe(200);
    return (await response.json()) as ServicePage;
  };
  /** Listeners of before are seen in its dump for as long as they drain. */
  const question = async (client: string) =>
    (await mesh.admin(client, '/listeners')).includes('outrigger-question') &&
    (await mesh.admin(client, '/clusters')).includes('outrigger-question');
  const clients = [
    ['default/first', 'default/first-v1', { url, n: 30 }],
    ['default/second', 'default/second-v1', { url, n: 30 }],
    [
      'default/quiet',
      'default/istio-door',
      { url: 'http://istio-door.default.svc.cluster.local/headers', headers: { host: 'server.example' }, n: 30 },
    ],
  ] as const;

  test('nobody is asked while nothing is ejected', async () => {
    const { ejections, asked, endpoints } = await page();
    expect([ejections, asked]).toEqual([[], { proxies: [], others: 0 }]);
    expect(endpoints.map(({ health, leftBy }) => [health, leftBy])).toEqual(Array(3).fill(['healthy', []]));
    expect(await question('default/first')).toBe(false);
  });

  test.each(clients)(
    'of %s: it is named, the others are not; it is back when its time is over',
    async (pod, client, load) => {
      const begun = Date.now();
      const seen = await until(
        'it is named',
        async () => {
          await mesh.load(pod, load);
          const now = await page();
          return now.endpoints.some(({ leftBy }) => leftBy.length > 0) ? now : undefined;
        },
        30,
      );
      const named = seen.endpoints.map(({ workload, health, leftBy }) => ({ workload, health, leftBy }));
      const since = named.flatMap(({ leftBy }) => leftBy.map((left) => left.since))[0] ?? 0;
      expect(named).toEqual(
        expect.arrayContaining([
          { workload: 'server-v1', health: 'healthy', leftBy: [] },
          { workload: 'server-v2', health: 'healthy', leftBy: [] },
          {
            ...{ workload: 'server-v3', health: 'ejected' },
            leftBy: [{ client, subset: '', flags: ['failed_outlier_check'], since }],
          },
        ]),
      );
      expect(since).toBeGreaterThan(begun);
      expect(since).toBeLessThanOrEqual(Date.now());
      expect(seen.asked).toEqual({
        proxies: [{ proxy: expect.stringContaining(`${client}-`), client, state: 'told', at: expect.any(Number) }],
        others: 0,
      });
      await until(
        'it is back',
        async () => {
          const { endpoints, ejections } = await page();
          return (endpoints.every(({ health }) => health === 'healthy') && ejections.length === 0) || undefined;
        },
        60,
      );
    },
  );

  test('what was asked is forgotten when nobody looks any more, and no proxy has refused it', async () => {
    const held = async () =>
      (await Promise.all(['/listeners', '/clusters'].map((path) => mesh.admin('default/first', path)))).join();
    await until(
      'the proxy has it no more',
      async () => !(await held()).includes('outrigger-question') || undefined,
      120,
    );
    expect(mesh.rejections).toEqual([]);
  });

  test('what listens in the pod tells nobody else: no port, and an empty answer to whoever connects', async () => {
    await until(
      'it is asked',
      async () => {
        await mesh.load('default/first', { url, n: 30 });
        await page();
        return (await question('default/first')) || undefined;
      },
      30,
    );
    const socket = '--abstract-unix-socket outrigger-question';
    const ask = (path: string, more = '') =>
      mesh.shell(
        'default/first',
        `curl -s -m 5 --path-as-is ${more} -w '|%{http_code}|%{size_download}' ${socket} 'http://localhost${path}'`,
      );
    for (const path of [
      '/',
      '/clusters',
      '/clusters/../quitquitquit',
      '/%2e%2e/config_dump',
      '/clusters?filter=.*',
      '/logging?level=trace',
    ])
      for (const more of ['', '-X POST', '-X POST -d x=y', '-X CONNECT'])
        expect([path, more, await ask(path, more)]).toEqual([
          path,
          more,
          expect.stringMatching(/^(\|(200|204|404)\|0|Bad Request\|400\|11)$/),
        ]);
    // Still there, and with the level that it had.
    expect(await mesh.admin('default/first', '/ready')).toContain('LIVE');
    await until(
      'it still tells',
      async () => {
        await mesh.load('default/first', { url, n: 30 });
        return (await page()).asked.proxies.some(({ state }) => state === 'told') || undefined;
      },
      30,
    );
  });
});
