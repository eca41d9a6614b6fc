import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../envoy/condition.ts';
import { findRequirements } from '../netns/requirements.ts';
import { onDemandAndEager } from './deliveries.ts';
import { startMesh, type TestMesh } from './fixture.ts';
import { startCounter, type TestCounter } from './test-counter.ts';
import { app, gatewayPod, namespace } from './world.ts';

/** RateLimits, as real proxies keep them. Hours, so that no bucket fills while a test looks at it. */
const envoy = findRequirements();

const ports = [
  { port: 9080, name: 'http', speaks: 'http' },
  { port: 9081, name: 'http-other', speaks: 'http' },
];
const world = [
  namespace('default', 'meshed'),
  namespace('plain', 'plain'),
  app('client'),
  app('second'),
  app('outsider', { namespace: 'plain' }),
  app('server', { ports }),
  app('fresh', { ports }),
  gatewayPod('ingressgateway'),
].join('');

const counterPort = 7200;
const counterEntry = (ip: string) => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: counter, namespace: default}
spec:
  hosts: [counter.example.com]
  location: MESH_EXTERNAL
  resolution: STATIC
  ports: [{number: ${counterPort}, name: grpc, protocol: GRPC}, {number: 7299, name: grpc-none, protocol: GRPC}]
  endpoints: [{address: ${ip}}]
---`;
const routes = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: ingress, namespace: default}
spec: {selector: {istio: ingressgateway}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ingress, namespace: default}
spec: {hosts: [app.example.com], gateways: [ingress], http: [{route: [{destination: {host: server, port: {number: 9080}}}]}]}
---`;

const rateLimit = (spec: object, name = 'row') => `
apiVersion: outrigger.io/v1alpha1
kind: RateLimit
metadata: {name: ${name}, namespace: default}
spec: ${JSON.stringify(spec)}
---`;
const selecting = (name: string) => ({ matchLabels: { app: name } });
const five = { requests: 5, unit: 'hour' };
const headersOnly = { ...five, match: { path: { exact: '/headers' } } };

describe.skipIf(envoy === undefined).each(Object.entries(onDemandAndEager))('%s', (_, sets) => {
  let mesh: TestMesh;
  let counter: TestCounter;
  beforeAll(async () => {
    mesh = await startMesh({ envoy: envoy ?? '', manifests: { 'world.yaml': world }, forwards: { 80: 0 }, sets });
    counter = await startCounter(mesh.playground.nodeIp, counterPort);
    await mesh.apply('counter.yaml', counterEntry(mesh.playground.nodeIp));
  });
  afterAll(async () => {
    await counter?.stop();
    await mesh?.stop();
  });
  const within = (manifest: string, check: () => Promise<void>) => mesh.during('row.yaml', manifest, check);
  const ask = async (url: string, n = 1, headers: Readonly<Record<string, string>> = {}, from = 'default/client') =>
    await mesh.load(from, { url: `http://${url}`, n, headers });
  const statuses = async (...args: Parameters<typeof ask>) => (await ask(...args)).statuses;

  test('so many of a path, then 429 with when to come again; other paths are not counted', async () => {
    await within(rateLimit({ selector: selecting('server'), limits: [headersOnly] }), async () => {
      const { statuses: counted, samples } = await ask('server:9080/headers?a=b', 8);
      expect(counted).toEqual({ 200: 5, 429: 3 });
      expect(samples[0]?.headers).toMatchObject({ 'x-ratelimit-limit': '5', 'x-ratelimit-remaining': '4' });
      expect(samples.at(-1)?.headers).toMatchObject({ 'x-ratelimit-remaining': '0' });
      expect(Number(samples.at(-1)?.headers['retry-after'])).toBeGreaterThan(600);
      const other = await ask('server:9080/count', 8);
      expect(other.statuses).toEqual({ 200: 8 });
      expect(other.samples[0]?.headers['x-ratelimit-limit']).toBeUndefined();
      expect(await statuses('fresh:9080/headers', 8)).toEqual({ 200: 8 });
    });
    expect(await statuses('server:9080/headers', 8)).toEqual({ 200: 8 });
  });

  test('clients share the count of the port, with mutual TLS and without; another port has its own', async () => {
    await within(rateLimit({ selector: selecting('server'), limits: [five] }), async () => {
      expect(await statuses('server:9080/headers', 2)).toEqual({ 200: 2 });
      expect(await statuses('server:9080/headers', 2, {}, 'default/second')).toEqual({ 200: 2 });
      expect(await statuses('server.default:9080/headers', 2, {}, 'plain/outsider')).toEqual({ 200: 1, 429: 1 });
      expect(await statuses('server:9080/headers')).toEqual({ 429: 1 });
      expect(await statuses('server:9081/headers', 6)).toEqual({ 200: 5, 429: 1 });
    });
  });

  test('the first request to a host that was never used is counted, all limits hold, 0 lets none by', async () => {
    const limits = [
      five,
      { requests: 0, unit: 'day', match: { methods: ['POST'] } },
      { requests: 3, unit: 'hour', match: { hosts: ['fresh'], headers: { 'x-plan': { exact: 'free' } } } },
    ];
    await within(rateLimit({ selector: selecting('fresh'), limits }), async () => {
      expect(await statuses('fresh:9080/headers', 4, { 'x-plan': 'free' })).toEqual({ 200: 3, 429: 1 });
    });
    await within(rateLimit({ selector: selecting('fresh'), limits }), async () => {
      const posted = await mesh.load('default/client', { url: 'http://fresh:9080/headers', method: 'POST', n: 2 });
      expect(posted.statuses).toEqual({ 429: 2 });
    });
  });

  test('counted by the value of a header, and by the address of the client', async () => {
    const limits = [{ requests: 2, unit: 'hour', per: { headers: ['x-user'], remoteAddress: true } }];
    await within(rateLimit({ selector: selecting('server'), limits }), async () => {
      expect(await statuses('server:9080/headers', 3, { 'x-user': 'a' })).toEqual({ 200: 2, 429: 1 });
      expect(await statuses('server:9080/headers', 3, { 'x-user': 'b' })).toEqual({ 200: 2, 429: 1 });
      expect(await statuses('server:9080/headers', 3, { 'x-user': 'a' }, 'default/second')).toEqual({ 200: 2, 429: 1 });
      expect(await statuses('server:9080/headers', 5)).toEqual({ 200: 5 });
    });
  });

  test('a change counts for the next request of open connections, and no listener is made anew', async () => {
    const updates = async () =>
      (
        await mesh.admin('default/server', '/stats?filter=listener_manager.listener_(modified|in_place_updated|added)$')
      ).trim();
    const before = await updates();
    const going = mesh.load('default/client', { url: 'http://server:9080/headers', forMs: 4000, rate: 50 });
    for (const requests of [10_000, 20_000, 30_000])
      await within(rateLimit({ limits: [{ requests, unit: 'hour' }] }), async () => {
        const { samples } = await ask('server:9080/count');
        expect(samples[0]?.headers['x-ratelimit-limit']).toBe(`${requests}`);
      });
    expect(Object.keys((await going).statuses)).toEqual(['200']);
    expect(await updates()).toBe(before);
  });

  const counted = (more: object, limit: object = headersOnly) =>
    rateLimit({
      selector: selecting('server'),
      limits: [limit],
      global: { service: 'counter.example.com', port: counterPort, timeout: '3s', ...more },
    });

  test('counted by a service for all pods, which is told the limit', async () => {
    const limit = { ...headersOnly, per: { headers: ['x-user'] } };
    await within(counted({ domain: `shop-${_}` }, limit), async () => {
      counter.asked.length = 0;
      const { statuses: found, samples } = await ask('server:9080/headers', 8, { 'x-user': 'a' });
      expect(found).toEqual({ 200: 5, 429: 3 });
      expect(samples.at(-1)?.headers).toMatchObject({ 'x-ratelimit-remaining': '0', 'retry-after': '60' });
      expect(counter.asked).toEqual(Array(8).fill(`shop-${_} limit=default/row/0,x-user=a 5/HOUR`));
      expect(await statuses('server:9080/headers', 1, { 'x-user': 'b' })).toEqual({ 200: 1 });
      // Neither what does not fit nor what has no such header is asked about.
      expect(await statuses('server:9080/count', 2, { 'x-user': 'a' })).toEqual({ 200: 2 });
      expect(await statuses('server:9080/headers', 2)).toEqual({ 200: 2 });
      expect(counter.asked).toHaveLength(9);
    });
  });

  test('a service that does not answer, and one that is not known: open and closed', async () => {
    for (const [where, refused] of [
      [{ port: 7299 }, 500],
      [{ service: 'nowhere.example.com' }, 429],
    ] as const) {
      await within(counted({ ...where, failureMode: 'open' }), async () => {
        expect(await statuses('server:9080/headers', 8)).toEqual({ 200: 8 });
      });
      await within(counted({ ...where, failureMode: 'closed' }), async () => {
        expect(await statuses('server:9080/headers', 3)).toEqual({ [refused]: 3 });
        expect(await statuses('server:9080/count', 3)).toEqual({ 200: 3 });
      });
    }
  });

  test('at a gateway: by itself and by a service', async () => {
    const port = mesh.playground.forwards.get(80) ?? 0;
    const from = async (path: string) => {
      const { statusCode, body } = await request(`http://127.0.0.1:${port}${path}`, {
        headers: { host: 'app.example.com' },
      });
      await body.dump();
      return statusCode;
    };
    const six = async (path: string) => {
      const found: number[] = [];
      for (let turn = 0; turn < 6; turn++) found.push(await from(path));
      return found;
    };
    const fiveOfSix = [200, 200, 200, 200, 200, 429];
    const atGateway = { selector: { matchLabels: { istio: 'ingressgateway' } }, limits: [headersOnly] };
    const byService = {
      ...atGateway,
      global: { service: 'counter.example.com', port: counterPort, domain: `gate-${_}`, timeout: '3s' },
    };
    await within(routes, async () => {
      await until('the gateway listens', async () =>
        (await from('/count').catch(() => 0)) === 200 ? true : undefined,
      );
      await mesh.apply('limit.yaml', rateLimit(atGateway));
      expect(await six('/headers')).toEqual(fiveOfSix);
      expect(await from('/count')).toBe(200);
      await mesh.apply('limit.yaml', rateLimit(byService));
      expect(await six('/headers')).toEqual(fiveOfSix);
      await mesh.remove('limit.yaml');
      expect(await from('/headers')).toBe(200);
    });
  });
});
