import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { MachineProbeIR } from '../../src/ir/types/machine-probe.ts';
import { wireClock } from '../../src/wire/clock.ts';
import { GrpcServer } from '../../src/wire/grpc/grpc-server.ts';
import { healthMethod, healthService } from '../../src/wire/health-service.ts';
import { translateMachineProbe } from '../../src/xds/translate/machine-probe.ts';
import { findEnvoy } from './binary.ts';
import { until } from './condition.ts';
import { startEnvoy, writePodFiles } from './running-envoy.ts';
import { selfSigned } from './test-certificates.ts';
import { wireLimits } from './wire-limits.ts';

/** The probes of machines, made by the real Envoy and told by its Health Discovery Service. */
const binary = findEnvoy('envoy');

const stopping: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stopping.splice(0).reverse()) await stop();
});

/** What the proxy of a machine says of an app, newest last. */
async function probed(probe: MachineProbeIR): Promise<boolean[]> {
  const told: boolean[] = [];
  const probes = {
    begin: () => ({
      specifier: translateMachineProbe(probe),
      delayMs: probe.initialDelayMs,
      report: (healthy: boolean) => void told.push(healthy),
    }),
  };
  const peer = { namespace: 'n', serviceAccount: 's', pod: undefined, expiresAt: Number.MAX_SAFE_INTEGER };
  const authenticator = { authenticate: async () => peer };
  const rate = { perSecond: 100, burst: 100 };
  const service = healthService({
    enter: () => () => undefined,
    authenticator,
    probes,
    clock: wireClock,
    firstMessageMs: 5000,
    rate,
  });
  const server = new GrpcServer({ methods: new Map([[healthMethod, service]]), clock: wireClock, limits: wireLimits });
  const port = await server.listenInsecure({ host: '127.0.0.1', port: 0 });
  stopping.push(
    () => server.close(),
    () => server.destroy(),
  );
  const root = writePodFiles({ token: 'token', rootCertificate: '' });
  stopping.push(() => rmSync(root, { recursive: true, force: true }));
  const args = ['--config-yaml', JSON.stringify(bootstrapOf(port)), '--log-level', 'warning', '--disable-hot-restart'];
  stopping.push(startEnvoy(binary ?? '', args, root).stop);
  return told;
}

function bootstrapOf(port: number) {
  const options = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
  const http2 = { '@type': `type.googleapis.com/${options}`, explicit_http_config: { http2_protocol_options: {} } };
  const endpoint = { address: { socket_address: { address: '127.0.0.1', port_value: port } } };
  const xds = {
    ...{ name: 'xds', type: 'STATIC', typed_extension_protocol_options: { [options]: http2 } },
    load_assignment: { cluster_name: 'xds', endpoints: [{ lb_endpoints: [{ endpoint }] }] },
  };
  const initial_metadata = [{ key: 'authorization', value: 'Bearer token' }];
  const grpc_services = [{ envoy_grpc: { cluster_name: 'xds' }, initial_metadata }];
  return {
    node: { id: 'sidecar~10.9.0.1~m.n~n.svc', cluster: 'm' },
    hds_config: { api_type: 'GRPC', transport_api_version: 'V3', grpc_services },
    static_resources: { clusters: [xds] },
  };
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stopping.push(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const base = { initialDelayMs: 0, timeoutMs: 1000, periodMs: 300, successes: 1, failures: 2, address: '127.0.0.1' };
const http = { host: 'app.internal', path: '/ready?x=1', tls: false, headers: [{ name: 'x-probe', value: 'mine' }] };
const identity = selfSigned('localhost');

describe.skipIf(binary === undefined)('probes of machines', () => {
  test.each([false, true])('by HTTP, TLS: %s', async (tls) => {
    let status = 302;
    let last: IncomingMessage | undefined;
    const app: RequestListener = (request, response) => {
      last = request;
      response.writeHead(status, { location: '/' }).end();
    };
    const { key, certificate: cert } = identity;
    const port = await listening(tls ? createTlsServer({ key, cert }, app) : createServer(app));
    const told = await probed({ ...base, port, http: { ...http, tls } });
    const is = (healthy: boolean) => async () => told.at(-1) === healthy || undefined;
    await until('it is healthy', is(true), 15);
    expect(last?.url).toBe('/ready?x=1');
    expect(last?.headers).toMatchObject({ host: 'app.internal', 'x-probe': 'mine' });
    // What captures leave alone.
    expect(last?.socket.remoteAddress).toBe('127.0.0.6');
    status = 404;
    await until('it is unhealthy', is(false), 15);
    status = 200;
    await until('it is healthy again', is(true), 15);
  });

  test('by TCP', async () => {
    const server = createTcpServer((socket) => void socket.on('error', () => {}));
    const port = await listening(server);
    const told = await probed({ ...base, port });
    const is = (healthy: boolean) => async () => told.at(-1) === healthy || undefined;
    await until('it is healthy', is(true), 15);
    await new Promise((resolve) => server.close(resolve));
    await until('it is unhealthy', is(false), 15);
  });
});
