import { readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../envoy/condition.ts';
import { findRequirements } from '../netns/requirements.ts';
import { onDemandAndEager } from './deliveries.ts';
import { startMesh, type TestMesh } from './fixture.ts';
import { app, namespace } from './world.ts';

/** Telemetry resources: real proxies log, count and trace, and tell a real collector. */
const envoy = findRequirements();

const world = [
  namespace('default', 'meshed'),
  namespace('outside', 'plain'),
  app('client'),
  app('legacy', { namespace: 'outside', ports: [{ port: 9080, name: 'http', speaks: 'http' }] }),
  app('server', { ports: [{ port: 9080, name: 'http', speaks: 'http' }] }),
].join('');

const service = 'collector.example.com';
/** Every container of a pod has this machine's /dev. */
const logFile = `/dev/shm/outrigger-telemetry-${process.pid}.log`;
const line = (which: string) => ({ text: `${which} %REQ(X-MARK)% %RESPONSE_CODE% %UPSTREAM_CLUSTER_RAW%` });
const providers = [
  { name: 'spans', zipkin: { service, port: 9411, path: '/spans' } },
  { name: 'log', envoyFileAccessLog: { path: logFile, logFormat: line('log') } },
  { name: 'other', envoyFileAccessLog: { path: logFile, logFormat: line('other') } },
];
const entry = (ip: string) => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: collector, namespace: default}
spec:
  hosts: [${service}]
  location: MESH_EXTERNAL
  resolution: STATIC
  ports: [{number: 9411, name: http, protocol: HTTP}]
  endpoints: [{address: ${ip}}]
---`;
const telemetry = (name: string, spec: object, place = 'default') => `
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: {name: ${name}, namespace: ${place}}
spec: ${JSON.stringify(spec)}
---`;

interface Span {
  readonly traceId: string;
  readonly kind: string;
  readonly tags: Readonly<Record<string, string>>;
}

describe.skipIf(envoy === undefined).each(Object.entries(onDemandAndEager))('%s', (_, sets) => {
  let mesh: TestMesh;
  let collector: Server;
  const spans: Span[] = [];
  beforeAll(async () => {
    mesh = await startMesh({
      ...{ envoy: envoy ?? '', manifests: { 'world.yaml': world } },
      sets: [...sets, `mesh.extensionProviders=${JSON.stringify(providers)}`],
    });
    collector = createServer(async (request, response) => {
      if (request.url === '/spans') spans.push(...(JSON.parse(await text(request)) as Span[]));
      response.writeHead(202).end();
    });
    await new Promise<void>((resolve) => collector.listen(9411, mesh.playground.nodeIp, resolve));
    await mesh.apply('collector.yaml', entry(mesh.playground.nodeIp));
  });
  afterAll(async () => {
    collector?.closeAllConnections();
    collector?.close();
    await mesh?.stop();
    await rm(logFile, { force: true });
  });
  beforeEach(() => {
    spans.length = 0;
  });

  const call = async (mark: string, path = '/headers') => {
    const headers = { 'x-mark': mark };
    return (await mesh.load('default/client', { url: `http://server:9080${path}`, headers })).samples[0];
  };
  const logged = async (mark: string) => {
    const lines = await readFile(logFile, 'utf8').catch(() => '');
    return lines
      .split('\n')
      .filter((entry) => entry.split(' ')[1] === mark)
      .sort();
  };
  /** A proxy goes on with connections that it has, and with a listener until the next one is warm: so calls are repeated. */
  const whileCalling = async <T>(what: string, mark: string, seen: () => Promise<T | undefined>, path?: string) =>
    await until(
      what,
      async () => {
        await call(mark, path);
        return await seen();
      },
      40,
    );
  const within = (manifest: string, check: () => Promise<void>) => mesh.during('row.yaml', manifest, check);

  test('logs: of the mesh, but for what nearer levels say', async () => {
    const root = telemetry('mesh', { accessLogging: [{ providers: [{ name: 'log' }] }] }, 'istio-system');
    const own = telemetry('server', {
      selector: { matchLabels: { app: 'server' } },
      accessLogging: [{ providers: [{ name: 'other' }], filter: { expression: 'response.code >= 400' } }],
    });
    const inbound = 'inbound|9080||';
    await within(root + own, async () => {
      const inForce = async () => (await logged('before')).find((entry) => entry.startsWith('other'));
      await whileCalling('the rule of the server is in force', 'before', inForce, '/status/500');
      expect((await call('good'))?.status).toBe(200);
      expect((await call('bad', '/status/500'))?.status).toBe(500);
      const lines = await until('the lines of the bad one are written', async () => {
        const found = await logged('bad');
        return found.length === 2 ? found : undefined;
      });
      expect(lines).toEqual([
        `log bad 500 outbound|9080||server.default.svc.cluster.local`,
        `other bad 500 ${inbound}`,
      ]);
      // Written in order, so what is not there now was not logged.
      expect((await logged('good')).map((text) => text.split(' ')[0])).toEqual(['log']);
    });
    const ofServed = [{ match: { mode: 'SERVER' }, providers: [{ name: 'log' }] }];
    await within(telemetry('calls', { accessLogging: ofServed }), async () => {
      const lines = async () => {
        const found = await logged('served');
        return found.some((entry) => entry.includes(inbound)) ? found : undefined;
      };
      const served = await whileCalling('it is written', 'served', lines);
      expect(new Set(served)).toEqual(new Set([`log served 200 ${inbound}`]));
    });
  });

  test('metrics: tags are set and left out, a metric is off', async () => {
    const manifest = telemetry('metrics', {
      metrics: [
        {
          overrides: [
            {
              match: { metric: 'REQUEST_COUNT', mode: 'CLIENT' },
              tagOverrides: {
                mark: { value: "request.headers['x-mark']" },
                source_app: { operation: 'REMOVE' },
              },
            },
            { match: { metric: 'REQUEST_SIZE', mode: 'SERVER' }, disabled: true },
            { match: { customMetric: 'istio_response_bytes', mode: 'SERVER' }, disabled: true },
          ],
        },
      ],
    });
    const stats = async (id: string) =>
      (await mesh.admin(id, '/stats/prometheus')).split('\n').filter((entry) => entry.startsWith('istio_'));
    await within(manifest, async () => {
      await call('counted');
      const counted = await until('it is counted', async () =>
        (await stats('default/client')).find((entry) => entry.includes('mark="counted"')),
      );
      expect(counted).toMatch(/^istio_requests_total\{.*response_code="200".*\} 1$/);
      expect(counted).not.toContain('source_app');
      const ofServer = await until('it is counted there', async () => {
        const lines = await stats('default/server-v1');
        return lines.some((entry) => entry.startsWith('istio_requests_total')) ? lines : undefined;
      });
      expect(ofServer.filter((entry) => entry.includes('mark='))).toEqual([]);
      // Those that are off stand still while the others go on.
      const total = async (metric: string) =>
        (await stats('default/server-v1'))
          .filter((entry) => entry.startsWith(`${metric}{`))
          .reduce((sum, entry) => sum + Number(entry.slice(entry.lastIndexOf(' ') + 1)), 0);
      const off = ['istio_request_bytes_count', 'istio_response_bytes_count'];
      const on = ['istio_requests_total', 'istio_request_duration_milliseconds_count'];
      const sums = async (names: readonly string[]) => Promise.all(names.map(total));
      // Connections of the time before still count as it was said then: until they are gone it is looked at again.
      await until('those that are off stand still while the others go on', async () => {
        const [before, still] = [await sums(on), await sums(off)];
        await call('again');
        await until('the others go on', async () =>
          (await sums(on)).every((sum, index) => sum > (before[index] ?? 0)) ? true : undefined,
        );
        return (await sums(off)).join() === still.join() ? true : undefined;
      });
    });
  });

  test('traces: spans of both sides with their tags come to the collector', async () => {
    const manifest = telemetry('traces', {
      tracing: [
        {
          providers: [{ name: 'spans' }],
          randomSamplingPercentage: 100,
          customTags: {
            mark: { header: { name: 'x-mark', defaultValue: 'none' } },
            fixed: { literal: { value: 'word' } },
            code: { formatter: { value: '%RESPONSE_CODE%' } },
          },
        },
      ],
    });
    /** What the client's proxy tells somebody without one. */
    const begun = async () => {
      const { samples } = await mesh.load('default/client', { url: 'http://legacy.outside:9080/headers' });
      const { headers } = JSON.parse(samples[0]?.body ?? '{}') as { headers: Record<string, string> };
      return headers['x-b3-traceid'];
    };
    const found = (mark: string) => spans.filter(({ tags }) => tags.mark === mark);
    await within(manifest, async () => {
      const both = await whileCalling('a call is told by both sides', 'traced', async () => {
        const traces = Object.values(Object.groupBy(found('traced'), ({ traceId }) => traceId));
        return traces.find((trace) => trace?.length === 2);
      });
      expect(both.map(({ kind }) => kind).sort()).toEqual(['CLIENT', 'SERVER']);
      for (const { tags } of both)
        expect(tags).toMatchObject({ fixed: 'word', code: '200', 'istio.namespace': 'default' });
      const services = both.map(({ tags }) => tags['istio.canonical_service']).sort();
      expect(services).toEqual(['client', 'server']);
      expect(await begun()).toMatch(/^[0-9a-f]{32}$/);
    });
    const untold = telemetry('untold', {
      selector: { matchLabels: { app: 'client' } },
      tracing: [{ disableSpanReporting: true }],
    });
    await within(manifest + untold, async () => {
      await until('the client begins no traces', async () => ((await begun()) === undefined ? true : undefined), 20);
    });
  });
});
