import type { Server } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../envoy/condition.ts';
import { startMesh, type TestMesh } from '../mesh/fixture.ts';
import { findRequirements } from '../netns/requirements.ts';
import { type Span, startCollector, treeOf } from './span-collector.ts';
import { manifests } from './world.ts';

/** A complete trace of Bookinfo at a real collector, by each protocol and form of headers. */
const envoy = findRequirements();
const host = 'collector.example.com';
const providers = [
  { name: 'zipkin', zipkin: { service: host, port: 9411 } },
  { name: 'otel', opentelemetry: { service: host, port: 9411, http: { path: '/v1/traces', timeout: '5s' } } },
];
const entry = (ip: string) => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: collector, namespace: istio-system}
spec:
  hosts: [${host}]
  location: MESH_EXTERNAL
  resolution: STATIC
  ports: [{number: 9411, name: http, protocol: HTTP}]
  endpoints: [{address: ${ip}}]
`;
const telemetry = (provider: string, sampling: number, more = '') => `
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: {name: mesh, namespace: istio-system}
spec:
  tracing:
    - providers: [{name: ${provider}}]
      randomSamplingPercentage: ${sampling}${more}
      customTags: {shelf: {header: {name: x-shelf, defaultValue: none}}, mesh: {literal: {value: bookinfo}}}
`;
/** Both ends of each call tell of it; what one app calls follows from what called it. */
const bookinfo = {
  '1 istio-ingressgateway.istio-ingress CLIENT': {
    '1 productpage.default SERVER': {
      '1 productpage.default CLIENT': { '1 details.default SERVER': {} },
      '2 productpage.default CLIENT': {
        '1 reviews.default SERVER': { '1 reviews.default CLIENT': { '1 ratings.default SERVER': {} } },
      },
    },
  },
};
const spanCount = 8;

describe.skipIf(envoy === undefined)('traces of Bookinfo', () => {
  let mesh: TestMesh;
  let collector: Server;
  const spans: Span[] = [];
  beforeAll(async () => {
    const sets = [`mesh.extensionProviders=${JSON.stringify(providers)}`];
    mesh = await startMesh({ envoy: envoy ?? '', manifests, forwards: { 80: 0 }, concurrency: 1, sets });
    collector = await startCollector(mesh.playground.nodeIp, 9411, (come) => spans.push(...come));
    await mesh.apply('collector.yaml', entry(mesh.playground.nodeIp));
  });
  afterAll(async () => {
    collector?.closeAllConnections();
    collector?.close();
    await mesh?.stop();
  });
  beforeEach(() => {
    spans.length = 0;
  });

  const page = async (headers: Record<string, string> = {}, path = '/productpage') => {
    const url = `http://127.0.0.1:${mesh.playground.forwards.get(80)}${path}`;
    const response = await fetch(url, { headers: { 'end-user': 'v3', 'x-shelf': 'top', ...headers } });
    return (await response.json()) as { headers: Record<string, string> };
  };
  /** Repeated, as a listener goes on with its configuration until the next one is warm. */
  const completeTrace = () =>
    until(
      'a whole trace has come',
      async () => {
        await page();
        return Object.values(Object.groupBy(spans, ({ trace }) => trace)).find((list) => list?.length === spanCount);
      },
      40,
    );

  test.each(['zipkin', 'otel'])('by %s: whole, with the right parents and tags', async (provider) => {
    await mesh.apply('telemetry.yaml', telemetry(provider, 100));
    const trace = await completeTrace();
    expect(treeOf(trace)).toEqual(bookinfo);
    expect(new Set(trace.map(({ tags }) => tags['guid:x-request-id'])).size).toBe(1);
    for (const { tags, service } of trace) {
      expect(tags).toMatchObject({ mesh: 'bookinfo', 'http.status_code': '200' });
      // The app hands on the headers of traces, and not this one.
      if (service.startsWith('istio-ingressgateway')) expect(tags['shelf']).toBe('top');
      if (service.startsWith('ratings')) expect(tags['shelf']).toBe('none');
    }
    expect(mesh.rejections).toEqual([]);
  });

  test('what apps are told, as the tutorials show it: B3 for Zipkin, W3C for OpenTelemetry', async () => {
    const asked = async (wanted: string) =>
      until(`${wanted} comes`, async () => {
        const { headers } = await page({}, '/headers');
        return headers[wanted] === undefined ? undefined : headers;
      });
    await mesh.apply('telemetry.yaml', telemetry('zipkin', 100));
    const b3 = await asked('x-b3-traceid');
    expect(b3['x-b3-traceid']).toMatch(/^[0-9a-f]{32}$/);
    expect(b3['x-b3-spanid']).toMatch(/^[0-9a-f]{16}$/);
    expect(b3['x-b3-parentspanid']).toMatch(/^[0-9a-f]{16}$/);
    expect(b3['x-b3-sampled']).toBe('1');
    expect(b3['x-request-id']).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
    await mesh.apply('telemetry.yaml', telemetry('otel', 100));
    const w3c = await asked('traceparent');
    expect(w3c['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  test.each([
    ['zipkin', 'x-b3-traceid'],
    ['otel', 'traceparent'],
  ])(
    'disableContextPropagation, %s: nobody is told of the trace, and every proxy still tells its spans',
    async (provider, header) => {
      const told = async () => header in (await page({}, '/headers')).headers;
      await mesh.apply('telemetry.yaml', telemetry(provider, 100));
      await until('the app is told', async () => ((await told()) ? true : undefined), 40);
      await mesh.apply('telemetry.yaml', telemetry(provider, 100, '\n      disableContextPropagation: true'));
      await until('the app is told no more', async () => ((await told()) ? undefined : true), 40);
      spans.length = 0;
      const both = ['istio-ingressgateway.istio-ingress', 'productpage.default'];
      await until(
        'the spans of both proxies have come, each of a trace of its own',
        async () => {
          expect(await told()).toBe(false);
          const roots = spans.filter(({ parent }) => parent === '' || /^0+$/.test(parent));
          return both.every((service) => roots.some((span) => span.service === service)) || undefined;
        },
        40,
      );
      expect(mesh.rejections).toEqual([]);
    },
  );

  test('a trace that somebody began goes on; where nothing is sampled apps are told so', async () => {
    const begun = '4bf92f3577b34da6a3ce929d0e0e4736';
    const parent = `00-${begun}-00f067aa0ba902b7-01`;
    const told = async () => (await page({ traceparent: parent }, '/headers')).headers['traceparent'] ?? '';
    await mesh.apply('telemetry.yaml', telemetry('otel', 100));
    const on = async () => ((await told()).endsWith('-01') ? true : undefined);
    await until('it is sampled', on, 20);
    expect(await told()).toMatch(new RegExp(`^00-${begun}-[0-9a-f]{16}-01$`));
    const come = async () => spans.find(({ parent: of }) => of === '00f067aa0ba902b7');
    expect((await until('its spans have come', come, 20)).trace).toBe(begun);
    await mesh.apply('telemetry.yaml', telemetry('otel', 0));
    const off = async () => ((await told()).endsWith('-00') ? true : undefined);
    await until('nothing is sampled', off, 20);
  });
});
