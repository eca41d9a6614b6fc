import type { IncomingHttpHeaders, Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BootstrapInput } from '../../src/inject/render/bootstrap-input.ts';
import { findEnvoy } from './binary.ts';
import { until } from './condition.ts';
import {
  argumentsFor,
  ask,
  bootstrapInput,
  freePorts,
  podIp,
  type RunningEnvoy,
  startEnvoy,
  writePodFiles,
} from './running-envoy.ts';
import { startHttpApp } from './test-app.ts';

/** Merged metrics against a running Envoy. The app's endpoints are paths; each test starts an Envoy that scrapes some. */
const binary = findEnvoy('envoy');
const openMetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
const prometheusAccepts = `application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,${openMetrics};q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1`;
const large = Array.from(
  { length: 80_000 },
  (_, index) => `app_series{number="${index}",padding="${'x'.repeat(40)}"} ${index}\n`,
).join('');

describe.skipIf(binary === undefined)('merged metrics', () => {
  let app: Server;
  let appPort = 0;
  let down = 0;
  let seen: IncomingHttpHeaders = {};
  const running: RunningEnvoy[] = [];

  beforeAll(async () => {
    [appPort = 0, down = 0] = await freePorts(2);
    app = await startHttpApp(appPort, podIp, (request, response) => {
      seen = request.headers;
      const takesOpen = (request.headers.accept ?? '').includes('openmetrics');
      const answers: Record<string, [string, string]> = {
        '/text': ['text/plain; version=0.0.4', '# TYPE app_requests_total counter\napp_requests_total 7'],
        '/either': takesOpen
          ? [openMetrics, '# TYPE app_jobs counter\napp_jobs_total 3 # {trace_id="a"} 1\n# EOF\n']
          : ['text/plain; version=0.0.4', 'app_jobs_total 3\n'],
        '/html': ['text/html', '<html>app_page 1</html>'],
        '/large': ['text/plain', large],
      };
      const answer = answers[request.url ?? ''];
      if (answer === undefined) return response.writeHead(500).end('broken');
      response.writeHead(200, { 'content-type': answer[0] }).end(answer[1]);
    });
  });
  afterAll(async () => {
    app.close();
    await Promise.all(running.map((envoy) => envoy.stop()));
  });

  /** The status port of a fresh Envoy. */
  async function scraping(...targets: BootstrapInput['scrape']): Promise<{ status: number; metrics: number }> {
    const [statusPort = 0, adminPort = 0, readyPort = 0, metricsPort = 0] = await freePorts(4);
    const root = writePodFiles({ token: 'token', rootCertificate: '' });
    const input = bootstrapInput({
      statusPort,
      adminPort,
      readyPort,
      metricsPort,
      scrape: targets,
      discovery: { host: '127.0.0.1', port: down },
    });
    running.push(startEnvoy(binary ?? '', argumentsFor(input, root), root));
    await until(
      'the metrics answer',
      async () => (await ask(statusPort, '/stats/prometheus')).status === 200 || undefined,
    );
    return { status: statusPort, metrics: metricsPort };
  }
  const target = (path: string, port = appPort) => ({ port, path });
  const scrape = (port: number, headers: Record<string, string> = { accept: prometheusAccepts }) =>
    ask(port, '/stats/prometheus', { headers });

  test("Envoy's and the app's, in the text format, by both paths", async () => {
    const { status, metrics } = await scraping(target('/text'));
    for (const path of ['/stats/prometheus', '/metrics']) {
      const { headers, body } = await ask(status, path, { headers: { accept: prometheusAccepts } });
      expect(headers['content-type']).toContain('text/plain; version=0.0.4');
      expect(body).toMatch(/^envoy_server_live\{\} 1$/m);
      expect(body).toMatch(/^app_requests_total 7\n/m);
      expect(body).toMatch(new RegExp(`^outrigger_app_scrape_up\\{port="${appPort}",path="/text"\\} 1$`, 'm'));
      expect(body.endsWith('\n')).toBe(true);
    }
    const own = await scrape(metrics, { accept: 'text/plain' });
    expect(own.body).toMatch(/^envoy_server_live\{\} 1$/m);
    expect(own.body).not.toContain('app_requests_total');
  });

  test('the app sees who asks and how long it has; it is not asked for what cannot be merged', async () => {
    const { status } = await scraping(target('/text'));
    await scrape(status, {
      accept: prometheusAccepts,
      'accept-encoding': 'gzip',
      authorization: 'Bearer scraper',
      'x-prometheus-scrape-timeout-seconds': '5',
    });
    expect(seen).toMatchObject({ authorization: 'Bearer scraper', 'x-prometheus-scrape-timeout-seconds': '5' });
    expect(seen['accept']).toBe(`${openMetrics};q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1`);
    expect(seen['accept-encoding']).toBeUndefined();
    expect(seen.host).toBe(podIp);
  });

  test('OpenMetrics: exemplars kept, one end, no empty line', async () => {
    const { status } = await scraping(target('/either'));
    const { headers, body } = await scrape(status);
    expect(headers['content-type']).toBe(openMetrics);
    expect(body).toContain('app_jobs_total 3 # {trace_id="a"} 1\n');
    expect(body.match(/# EOF/g)).toHaveLength(1);
    expect(body.endsWith('\n# EOF\n')).toBe(true);
    expect(body).not.toMatch(/\n\n/);
    const plain = await scrape(status, { accept: 'text/plain' });
    expect(plain.headers['content-type']).toContain('text/plain');
    expect(plain.body).not.toContain('# EOF');
  });

  test('targets that differ in format: all in the text format', async () => {
    const { status } = await scraping(target('/either'), target('/text'));
    const { headers, body } = await scrape(status);
    expect(headers['content-type']).toContain('text/plain');
    expect(body).toMatch(/^app_jobs_total 3$/m);
    expect(body).toMatch(/^app_requests_total 7$/m);
    expect(body).not.toContain('# EOF');
  });

  test("an app that is down, broken or no metrics page: Envoy's stay, and a series says so", async () => {
    const { status } = await scraping(target('/text', down), target('/broken'), target('/html'), target('/text'));
    const { status: code, body } = await scrape(status);
    expect(code).toBe(200);
    expect(body).toMatch(/^envoy_server_live\{\} 1$/m);
    expect(body).toMatch(new RegExp(`^outrigger_app_scrape_up\\{port="${down}",path="/text"\\} 0$`, 'm'));
    expect(body).toMatch(/path="\/broken"\} 0$/m);
    expect(body).toMatch(/path="\/html"\} 0$/m);
    expect(body).toMatch(new RegExp(`port="${appPort}",path="/text"\\} 1$`, 'm'));
    expect(body).toContain('app_requests_total 7');
    expect(body).not.toContain('app_page');
    expect(body).toMatch(/^# outrigger: the app's metrics on port \d+ are missing, its answer: 500/m);
  });

  test('five megabytes come through whole', async () => {
    const { status } = await scraping(target('/large'));
    expect(large.length).toBeGreaterThan(5_000_000);
    const { body } = await scrape(status);
    expect(body).toContain(large);
  });

  test('without targets: Envoy alone', async () => {
    const { status } = await scraping();
    const { body } = await scrape(status);
    expect(body).toMatch(/^envoy_server_live\{\} 1$/m);
    expect(body).not.toContain('outrigger_app_scrape_up');
  });
});
