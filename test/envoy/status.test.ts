import type { Http2Server } from 'node:http2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AppProbe } from '../../src/inject/render/bootstrap-input.ts';
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
import { startGrpcHealthApp, startHttpApp, startHttpsApp, startTcpApp } from './test-app.ts';
import { selfSigned } from './test-certificates.ts';

/** The status port against a running Envoy: each kind of probe, as a kubelet asks it. */
const binary = findEnvoy('envoy');
const seconds = { timeoutSeconds: 1, periodSeconds: 1 };

function http(name: string, port: number, path: string, more: { https?: boolean; host?: string } = {}): AppProbe {
  const host = more.host === undefined ? {} : { host: more.host };
  return {
    ...seconds,
    path: `/app-health/${name}/readyz`,
    kind: 'http',
    port,
    http: { path, https: more.https ?? false, ...host },
  };
}

describe.skipIf(binary === undefined)('app probes on the status port', () => {
  let envoy: RunningEnvoy;
  let status = 0;
  let ports: number[] = [];
  let grpc: Http2Server;
  const closing: { close: () => unknown }[] = [];
  const states = new Map<string, 'SERVING' | 'NOT_SERVING'>([
    ['', 'SERVING'],
    ['shop.Cart', 'SERVING'],
  ]);
  let httpStatus = 200;

  beforeAll(async () => {
    ports = await freePorts(9);
    const [
      statusPort = 0,
      adminPort = 0,
      readyPort = 0,
      metricsPort = 0,
      app = 0,
      tls = 0,
      tcp = 0,
      rpc = 0,
      nobody = 0,
    ] = ports;
    status = statusPort;
    closing.push(
      await startHttpApp(app, podIp, (request, response) => {
        const moved: Record<string, string> = {
          '/moved': '/moved/again?x=1',
          '/moved/again?x=1': `http://${podIp}:${app}/final`,
          '/relative/here': 'there',
          '/to-tls': `https://${podIp}:${tls}/final`,
          '/elsewhere': 'http://elsewhere.example/final',
          '/ever': '/ever',
          '/moved-to-nobody': `http://${podIp}:${nobody}/`,
        };
        const location = moved[request.url ?? ''];
        if (location !== undefined) return response.writeHead(302, { location }).end('moved');
        if (request.url === '/hang') return;
        if (request.url === '/slow-hook') return setTimeout(() => response.end('stopped'), 1500);
        response.writeHead(httpStatus, { 'x-app': 'yes', server: 'the-app' });
        response.end(
          JSON.stringify({ url: request.url, from: request.socket.remoteAddress, headers: request.headers }),
        );
      }),
      await startHttpsApp(tls, podIp, {
        identity: selfSigned('nobody.example'),
        handler: (request, response) => response.end(`tls ${request.url}`),
      }),
    );
    grpc = await startGrpcHealthApp(rpc, podIp, states);
    const probes: AppProbe[] = [
      http('plain', app, '/health?full=1'),
      http('host', app, '/', { host: 'shop.example' }),
      http('tls', tls, '/secure', { https: true }),
      http('down', nobody, '/'),
      http('hang', app, '/hang'),
      ...['moved', 'relative/here', 'to-tls', 'elsewhere', 'ever', 'moved-to-nobody'].map((path) =>
        http(path, app, `/${path}`),
      ),
      {
        ...http('hook', app, '/slow-hook'),
        path: '/app-lifecycle/app/prestopz',
        periodSeconds: 0,
      },
      { ...seconds, path: '/app-health/tcp/livez', kind: 'tcp', port: tcp },
      { ...seconds, path: '/app-health/grpc/livez', kind: 'grpc', port: rpc },
      { ...seconds, path: '/app-health/grpc/startupz', kind: 'grpc', port: rpc, grpcService: 'shop.Cart' },
      { ...seconds, path: '/app-health/grpc/readyz', kind: 'grpc', port: rpc, grpcService: 'shop.Unknown' },
    ];
    const root = writePodFiles({ token: 'token', rootCertificate: selfSigned('x').certificate });
    const input = bootstrapInput({
      statusPort,
      adminPort,
      readyPort,
      metricsPort,
      probes,
      discovery: { host: '127.0.0.1', port: nobody },
    });
    envoy = startEnvoy(binary ?? '', argumentsFor(input, root), root);
    await until(
      () => `the status port answers: ${envoy.log()}`,
      async () => (await ask(status, '/app-health/plain/readyz')).status === 200 || undefined,
    );
  });
  afterAll(async () => {
    for (const server of closing) server.close();
    grpc?.close();
    await envoy?.stop();
  });

  const probe = (name: string, kind = 'readyz', headers: Record<string, string> = {}) =>
    ask(status, `/app-health/${name}/${kind}`, { headers });

  test('HTTP: live to the app, from 127.0.0.6, as the kubelet sent it', async () => {
    const answer = await probe('plain', 'readyz', { 'x-probe': 'mine' });
    expect(answer).toMatchObject({ status: 200, headers: { 'x-app': 'yes', server: 'the-app' } });
    const seen = JSON.parse(answer.body);
    expect(seen.url).toBe('/health?full=1');
    expect(seen.from).toBe('127.0.0.6');
    expect(seen.headers).toEqual({ host: `${podIp}:${ports[4]}`, 'user-agent': 'kube-probe/1.36', 'x-probe': 'mine' });
  });

  test("HTTP: the app's failure is the probe's, at once", async () => {
    httpStatus = 503;
    expect((await probe('plain')).status).toBe(503);
    httpStatus = 200;
    expect((await probe('plain')).status).toBe(200);
  });

  test('HTTP: the Host that the probe asks for', async () => {
    expect(JSON.parse((await probe('host')).body).headers.host).toBe('shop.example');
  });

  test('HTTPS: the certificate is not verified', async () => {
    expect(await probe('tls')).toMatchObject({ status: 200, body: 'tls /secure' });
  });

  test('nobody listens: a failure, not a wait', async () => {
    expect((await probe('down')).status).toBe(503);
  });

  test('no answer within the timeout of the probe: a failure', async () => {
    const begun = Date.now();
    expect((await probe('hang')).status).toBe(504);
    expect(Date.now() - begun).toBeLessThan(3000);
  });

  test('redirects on the same host are followed, with the headers of the probe', async () => {
    const answer = await probe('moved', 'readyz', { 'x-probe': 'mine' });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({ url: '/final', headers: { 'x-probe': 'mine' } });
    expect(JSON.parse((await probe('relative/here')).body).url).toBe('/relative/there');
    expect(await probe('to-tls')).toMatchObject({ status: 200, body: 'tls /final' });
  });

  test('a redirect to another host is handed on: the kubelet counts it as success', async () => {
    expect(await probe('elsewhere')).toMatchObject({
      status: 302,
      headers: { location: 'http://elsewhere.example/final' },
    });
  });

  test('redirects that do not end, or end nowhere, fail', async () => {
    expect((await probe('ever')).status).toBe(502);
    expect((await probe('moved-to-nobody')).status).toBe(503);
  });

  test('TCP: up and down are seen within about a period', async () => {
    expect((await probe('tcp', 'livez')).status).toBe(503);
    const app = await startTcpApp(ports[6] ?? 0, podIp);
    await until('the TCP probe succeeds', async () => (await probe('tcp', 'livez')).status === 200 || undefined, 3);
    app.close();
    await until('the TCP probe fails', async () => (await probe('tcp', 'livez')).status === 503 || undefined, 3);
  });

  test('gRPC: the server as a whole, one service, an unknown service', async () => {
    await until('the server serves', async () => (await probe('grpc', 'livez')).status === 200 || undefined, 3);
    await until('the service serves', async () => (await probe('grpc', 'startupz')).status === 200 || undefined, 3);
    expect((await probe('grpc', 'readyz')).status).toBe(503);
    states.set('shop.Cart', 'NOT_SERVING');
    await until('the service is down', async () => (await probe('grpc', 'startupz')).status === 503 || undefined, 3);
    expect((await probe('grpc', 'livez')).status).toBe(200);
  });

  test('a hook may take longer than a probe', async () => {
    expect(await ask(status, '/app-lifecycle/app/prestopz')).toMatchObject({ status: 200, body: 'stopped' });
  });

  test('nothing else is behind the port', async () => {
    expect((await ask(status, '/app-health/plain/livez')).status).toBe(404);
    expect((await ask(status, '/config_dump')).status).toBe(404);
    expect((await ask(status, '/app-health/plain/../../config_dump')).status).toBe(404);
  });

  test('/quitquitquit ends the proxy from inside the pod, by POST', async () => {
    expect((await ask(status, '/quitquitquit')).status).toBe(403);
    expect(envoy.process.exitCode).toBeNull();
    expect((await ask(status, '/quitquitquit', { method: 'POST' })).status).toBe(200);
    await until('Envoy ends', () => envoy.process.exitCode ?? undefined, 5).then((code) => expect(code).toBe(0));
  });
});
