import {
  Client,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configurators } from '../../src/app/mesh/configurators.ts';
import { Discovery } from '../../src/discovery/discovery.ts';
import { Encoder } from '../../src/discovery/encoder.ts';
import { defaultMeshSettings } from '../../src/model/mesh-settings.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { loggerTo } from '../../src/telemetry/logger.ts';
import { AdsServer } from '../../src/wire/ads-server.ts';
import { Ledger } from '../../src/wire/ledger.ts';
import { noMetrics } from '../../src/wire/wire-metrics.ts';
import { until } from '../envoy/condition.ts';
import { freePorts } from '../envoy/running-envoy.ts';
import { objectsOf, registryOf } from '../mesh-fixture.ts';

/**
 * A second reader of what we send, that shares no code with Envoy: the xDS client of gRPC, state of the world, without
 * a proxy. It resolves a service, shares its calls out, and follows changes.
 */
const same = (bytes: Buffer): Buffer => bytes;
const path = '/echo.Echo/Who';
const target = 'xds:///echo.default.svc.cluster.local:7070';

const pod = (name: string, ip: string, version: string): string => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: default, labels: {app: ${name.split('-')[0]}, version: ${version}}}
spec: {serviceAccountName: default, containers: [{name: app}]}
status: {podIP: ${ip}, phase: Running, conditions: [{type: Ready, status: "True"}]}
---`;
const rule = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: echo, namespace: default}
spec: {host: echo, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]}
---`;
const route = (first: number): string => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: echo, namespace: default}
spec:
  hosts: [echo]
  http:
    - match: [{headers: {x-user: {exact: tester}}}]
      route: [{destination: {host: echo, subset: v2}}]
    - route: [{destination: {host: echo, subset: v1}, weight: ${first}}, {destination: {host: echo, subset: v2}, weight: ${100 - first}}]
---`;

describe('gRPC without a proxy', () => {
  const stopping: (() => unknown)[] = [];
  let registry: Registry;
  let ledger: Ledger;
  let client: Client;
  const log: string[] = [];

  beforeAll(async () => {
    const [port = 0] = await freePorts(1);
    const service = `
apiVersion: v1
kind: Service
metadata: {name: echo, namespace: default}
spec: {clusterIP: 10.96.0.7, selector: {app: echo}, ports: [{name: grpc, port: 7070, targetPort: ${port}}]}
---`;
    const versions = { '127.0.0.2': 'v1', '127.0.0.3': 'v1', '127.0.0.4': 'v2' };
    const pods = Object.entries(versions).map(([ip, version], index) => pod(`echo-${index}`, ip, version));
    registry = registryOf(service, ...pods, pod('client-1', '127.0.0.9', 'v1'));
    for (const ip of Object.keys(versions)) stopping.push(await startEcho(ip, port));
    const logger = loggerTo({ write: (line) => log.push(line) }, 'warn');
    ledger = new Ledger(logger, Date.now);
    const server = startServer(registry, ledger, logger);
    const peer = { namespace: 'default', serviceAccount: 'default', pod: { name: 'client-1', uid: '' } };
    const bound = await server.listenInsecure(0, { ...peer, expiresAt: Date.now() + 3_600_000 });
    stopping.push(() => server.stop(500));
    process.env['GRPC_XDS_BOOTSTRAP_CONFIG'] = JSON.stringify({
      xds_servers: [{ server_uri: `127.0.0.1:${bound}`, channel_creds: [{ type: 'insecure' }] }],
      node: { id: 'sidecar~127.0.0.9~client-1.default~default.svc.cluster.local', locality: {} },
    });
    const { register } = await import('@grpc/grpc-js-xds');
    register();
    client = new Client(target, credentials.createInsecure());
    stopping.push(() => client.close());
  });
  afterAll(async () => {
    for (const stop of stopping.splice(0).reverse()) await stop();
  });

  async function callMany(n: number, headers: Readonly<Record<string, string>> = {}): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (let turn = 0; turn < n; turn++) {
      const answer = await call(client, headers);
      counts[answer] = (counts[answer] ?? 0) + 1;
    }
    return counts;
  }

  test('a service is resolved and its endpoints take turns', async () => {
    const counts = await callMany(300);
    expect(Object.keys(counts).sort()).toEqual(['127.0.0.2', '127.0.0.3', '127.0.0.4']);
    for (const count of Object.values(counts)) expect(count).toBeGreaterThanOrEqual(95);
  });

  test('routes by header and weight', async () => {
    registry.apply({ upserts: objectsOf(`${rule}${route(100)}`), removals: [] });
    await until('all to v1', async () => ((await callMany(10))['127.0.0.4'] === undefined ? true : undefined), 10);
    expect(await callMany(100)).toEqual({ '127.0.0.2': 50, '127.0.0.3': 50 });
    expect(await callMany(20, { 'x-user': 'tester' })).toEqual({ '127.0.0.4': 20 });
    registry.apply({ upserts: objectsOf(route(0)), removals: [] });
    await until('all to v2', async () => ((await callMany(10))['127.0.0.4'] === 10 ? true : undefined), 10);
    registry.apply({ upserts: [], removals: ['VirtualService default/echo'] });
    await until('all of them', async () => (Object.keys(await callMany(10)).length === 3 ? true : undefined), 10);
  });

  test('an endpoint that leaves is not called any more, and it comes back', async () => {
    registry.apply({ upserts: [], removals: ['Pod default/echo-0'] });
    await until(
      'it is left alone',
      async () => ((await callMany(10))['127.0.0.2'] === undefined ? true : undefined),
      10,
    );
    expect(Object.keys(await callMany(60)).sort()).toEqual(['127.0.0.3', '127.0.0.4']);
    registry.apply({ upserts: objectsOf(pod('echo-0', '127.0.0.2', 'v1')), removals: [] });
    await until(
      'it is called again',
      async () => ((await callMany(10))['127.0.0.2'] === undefined ? undefined : true),
      10,
    );
  });

  test('nothing was rejected, and a host that is not there is unavailable', async () => {
    const [status] = ledger.status();
    expect(status).toMatchObject({ protocol: 'sotw', settled: true });
    expect(Object.values(status?.types ?? {}).map(({ state }) => state)).not.toContain('NACKED');
    expect(log).toEqual([]);
    const nobody = new Client('xds:///nobody.default.svc.cluster.local:7070', credentials.createInsecure());
    await expect(call(nobody, {}, 1000)).rejects.toThrow();
    nobody.close();
    expect(Object.keys(await callMany(30))).toHaveLength(3);
  });
});

function startServer(registry: Registry, ledger: Ledger, log: ReturnType<typeof loggerTo>): AdsServer {
  const after = (ms: number, run: () => void) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  };
  const encoder = new Encoder((resource, error) => {
    throw new Error(`${resource.type} ${resource.name}: ${error.message}`);
  });
  const sessions = new Discovery({
    source: registry,
    secrets: { open: async () => ({ current: new Map(), onChange: () => () => undefined, close: () => undefined }) },
    settings: defaultMeshSettings,
    configurator: configurators(defaultMeshSettings, encoder),
    patienceMs: 1000,
    after,
  });
  const authenticator = { authenticate: () => Promise.reject(new Error('nobody comes with a token')) };
  const clock = { now: Date.now, after };
  return new AdsServer({ authenticator, sessions, clock, random: Math.random, ledger, metrics: noMetrics, log });
}

/** Tells its address. */
async function startEcho(ip: string, port: number): Promise<() => void> {
  const server = new Server();
  const who = {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
  server.addService(
    { who },
    {
      who: (_: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => done(null, Buffer.from(ip)),
    },
  );
  await new Promise<void>((resolve, reject) => {
    const done = (error: Error | null): void => (error === null ? resolve() : reject(error));
    server.bindAsync(`${ip}:${port}`, ServerCredentials.createInsecure(), done);
  });
  return () => server.forceShutdown();
}

function call(client: Client, headers: Readonly<Record<string, string>>, deadlineMs = 10_000): Promise<string> {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const options = { deadline: Date.now() + deadlineMs };
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, same, same, Buffer.alloc(0), metadata, options, (error, answer) =>
      error === null ? resolve(String(answer)) : reject(error),
    );
  });
}
