import { setTimeout as delay } from 'node:timers/promises';
import { Client, type ClientDuplexStream, credentials, Metadata, type StatusObject, status } from '@grpc/grpc-js';
import protobuf from 'protobufjs/minimal.js';
import { afterEach, describe, expect, test } from 'vitest';
import { selfSigned } from '../../test/envoy/test-certificates.ts';
import { OutriggerError } from '../errors.ts';
import { loggerTo } from '../telemetry/logger.ts';
import { contentWriter } from '../xds/encode/converter.ts';
import { decodeMessage } from '../xds/encode/decode.ts';
import { encodeResource } from '../xds/encode/encode-resource.ts';
import { type Message, type ProxyResources, typeUrls } from '../xds/resource.ts';
import { AdsServer, type AdsServerOptions } from './ads-server.ts';
import { healthMethod } from './health-service.ts';
import { Ledger } from './ledger.ts';
import { ServingCertificate } from './serving-certificate.ts';
import type { ProvenPeer } from './session.ts';
import { noMetrics } from './wire-metrics.ts';

const clock = {
  now: () => Date.now(),
  after: (ms: number, run: () => void) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
const peer: ProvenPeer = {
  namespace: 'shop',
  serviceAccount: 'app',
  pod: { name: 'app-1', uid: '1' },
  expiresAt: Date.now() + 3_600_000,
};

function world(content: number): ProxyResources {
  const message = { name: 'one', alt_stat_name: `${content}` };
  const one = encodeResource({ type: 'cluster', name: 'one', message, origins: [] });
  return { wildcard: (type) => (type === 'cluster' ? new Map([['one', one]]) : new Map()), named: () => undefined };
}

interface Running {
  readonly server: AdsServer;
  readonly port: number;
  readonly ledger: Ledger;
  readonly log: string[];
  readonly state: { opened: number; closed: number };
  readonly set: (next: ProxyResources) => void;
}

/** A client of one stream. */
interface Stream {
  readonly call: ClientDuplexStream<Buffer, Buffer>;
  readonly ended: Promise<StatusObject>;
  readonly received: Message[];
  readonly send: (fields: Message) => void;
}

const same = (bytes: Buffer): Buffer => bytes;
const node = {
  id: 'sidecar~1~a.b~c',
  user_agent_name: 'envoy',
  user_agent_build_version: { version: { major_number: 1, minor_number: 40 } },
};

describe('streams', () => {
  const stopping: (() => unknown)[] = [];
  afterEach(async () => {
    for (const stop of stopping.splice(0).reverse()) await stop();
  });

  async function start(changes: Partial<AdsServerOptions> = {}): Promise<Running> {
    let current = world(1);
    const listeners = new Set<() => void>();
    const state = { opened: 0, closed: 0 };
    const log: string[] = [];
    const logger = loggerTo({ write: (line) => log.push(line) }, 'info');
    const ledger = new Ledger(logger, clock.now);
    const server = new AdsServer({
      authenticator: { authenticate: async () => peer },
      sessions: {
        open: async () => {
          state.opened += 1;
          return {
            proxy: `shop/app-${state.opened}`,
            current: () => current,
            onChange: (listener) => {
              listeners.add(listener);
              return () => listeners.delete(listener);
            },
            close: () => {
              state.closed += 1;
            },
          };
        },
      },
      clock,
      random: () => 0.5,
      ledger,
      metrics: noMetrics,
      log: logger,
      ...changes,
    });
    const port = await server.listenInsecure(0, peer);
    stopping.push(() => server.stop(500));
    const set = (next: ProxyResources): void => {
      current = next;
      for (const listener of listeners) listener();
    };
    return { server, port, ledger, log, state, set };
  }

  const ads = '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources';
  function connect(
    port: number,
    options: { readonly token?: string; readonly root?: string; readonly path?: string } = {},
  ): Stream {
    const { token, root, path = ads } = options;
    const secrets = root === undefined ? credentials.createInsecure() : credentials.createSsl(Buffer.from(root));
    const client = new Client(`localhost:${port}`, secrets);
    stopping.push(() => client.close());
    const metadata = new Metadata();
    if (token !== undefined) metadata.set('authorization', token);
    const call = client.makeBidiStreamRequest(path, same, same, metadata);
    const received: Message[] = [];
    call.on('data', (bytes: Buffer) =>
      received.push(decodeMessage('envoy.service.discovery.v3.DeltaDiscoveryResponse', bytes)),
    );
    call.on('error', () => undefined);
    const ended = new Promise<StatusObject>((resolve) => call.on('status', resolve));
    const send = (fields: Message): void => {
      const writer = protobuf.Writer.create();
      contentWriter('envoy.service.discovery.v3.DeltaDiscoveryRequest')(writer, fields);
      call.write(Buffer.from(writer.finish()));
    };
    return { call, ended, received, send };
  }

  async function until(ask: () => boolean): Promise<void> {
    for (let tries = 0; tries < 400 && !ask(); tries++) await delay(5);
    expect(ask()).toBe(true);
  }

  const clusters = { node, type_url: typeUrls.cluster };

  test('a request is answered, a change is pushed, the ledger knows; the end closes the session', async () => {
    const { port, set, state, ledger, server } = await start();
    const stream = connect(port);
    stream.send(clusters);
    await until(() => stream.received.length === 1);
    expect(ledger.status()).toMatchObject([
      {
        proxy: 'shop/app-1',
        protocol: 'delta',
        envoyVersion: '1.40.0',
        types: { cluster: { state: 'SYNCED' }, route: { state: 'NOT SENT' } },
      },
    ]);
    stream.send({ type_url: typeUrls.cluster, response_nonce: stream.received[0]?.['nonce'] });
    set(world(2));
    await until(() => stream.received.length === 2);
    expect(ledger.resources('shop/app-1', 'cluster')).toMatchObject([{ name: 'one', state: 'SYNCED' }]);
    expect(server.size).toBe(1);
    stream.call.cancel();
    await until(() => state.closed === 1);
    expect(server.size).toBe(0);
    expect(ledger.status()).toEqual([]);
  });

  test('a storm is met by the ACK: what is not acknowledged is not followed', async () => {
    const { port, set } = await start();
    const stream = connect(port);
    stream.send(clusters);
    await until(() => stream.received.length === 1);
    stream.send({ type_url: typeUrls.cluster, response_nonce: stream.received[0]?.['nonce'] });
    for (let content = 2; content < 50; content++) {
      set(world(content));
      await delay(1);
    }
    await delay(50);
    expect(stream.received).toHaveLength(2);
    stream.send({ type_url: typeUrls.cluster, response_nonce: stream.received[1]?.['nonce'] });
    await until(() => stream.received.length === 3);
    expect(stream.received[2]).toMatchObject({ resources: [{ resource: { alt_stat_name: '49' } }] });
  });

  test.each<[string, Partial<AdsServerOptions>, number, string]>([
    [
      'refused by the session',
      {
        sessions: { open: () => Promise.reject(new OutriggerError('OR2006', 'not you')) },
      },
      status.PERMISSION_DENIED,
      'OR2006 not you',
    ],
    [
      'unexpected',
      { sessions: { open: () => Promise.reject(new Error('secret')) } },
      status.INTERNAL,
      'OR1901 an unexpected error stopped this operation',
    ],
    ['too many streams', { limits: { streams: 0 } }, status.RESOURCE_EXHAUSTED, 'OR2007 there are 0 streams already'],
    [
      'too many new streams',
      { limits: { newStreams: { perSecond: 0.001, burst: 0 } } },
      status.RESOURCE_EXHAUSTED,
      'OR2007 more than 0.001 new streams a second',
    ],
  ])('%s: the status tells code and text', async (_, options, code, details) => {
    const { port } = await start(options);
    const stream = connect(port);
    stream.send(clusters);
    expect(await stream.ended).toMatchObject({ code, details });
  });

  test('the first request must come, and say who asks; each fault is logged once a minute', async () => {
    const { port, log } = await start({ limits: { firstRequestMs: 50 } });
    expect(await connect(port).ended).toMatchObject({ code: status.DEADLINE_EXCEEDED });
    for (const _ of [1, 2, 3]) {
      const stream = connect(port);
      stream.send({ type_url: typeUrls.cluster });
      expect(await stream.ended).toMatchObject({ details: 'OR2006 the first request has no node.id' });
    }
    const garbage = connect(port);
    garbage.call.write(Buffer.from([255, 255, 255]));
    expect(await garbage.ended).toMatchObject({ details: expect.stringContaining('OR2003') });
    expect(log.filter((line) => line.includes('OR2006'))).toHaveLength(1);
    expect(log.filter((line) => line.includes('OR2003'))).toHaveLength(1);
  });

  test('over TLS a token is asked for, and what the authenticator says of it decides', async () => {
    const identity = selfSigned('localhost');
    const tokens: string[] = [];
    const { server, log } = await start({
      authenticator: {
        authenticate: async (token) => {
          tokens.push(token);
          if (token === 'away') throw new OutriggerError('OR2008', 'nobody to ask');
          if (token !== 'good') throw new Error('no such token');
          return peer;
        },
      },
    });
    const port = await server.listen({ host: '127.0.0.1', port: 0 }, new ServingCertificate(identity));
    const root = identity.certificate;
    const details = 'OR2004 the stream has no "authorization: Bearer …"';
    expect(await connect(port, { root }).ended).toMatchObject({ code: status.UNAUTHENTICATED, details });
    const away = connect(port, { root, token: 'Bearer away' });
    expect(await away.ended).toMatchObject({ code: status.UNAVAILABLE });
    const good = connect(port, { root, token: 'Bearer good' });
    good.send(clusters);
    await until(() => good.received.length === 1);
    expect(tokens).toEqual(['away', 'good']);
    expect(log.filter((line) => line.includes('good') || line.includes('away'))).toEqual([]);
  });

  test('streams of probes have their places among all, and give them back', async () => {
    const identity = selfSigned('localhost');
    const { server } = await start({ limits: { streams: 2 }, probes: { begin: () => undefined } });
    const port = await server.listen({ host: '127.0.0.1', port: 0 }, new ServingCertificate(identity));
    const proven = { root: identity.certificate, token: 'Bearer t' };
    const probing = () => connect(port, { ...proven, path: healthMethod });
    const held = probing();
    const writer = protobuf.Writer.create();
    contentWriter('envoy.service.health.v3.HealthCheckRequestOrEndpointHealthResponse')(writer, {
      health_check_request: { node },
    });
    held.call.write(Buffer.from(writer.finish()));
    const stream = connect(port, proven);
    stream.send(clusters);
    await until(() => stream.received.length === 1);
    const full = { code: status.RESOURCE_EXHAUSTED, details: 'OR2007 there are 2 streams already' };
    expect(await probing().ended).toMatchObject(full);
    expect(await connect(port, proven).ended).toMatchObject(full);
    held.call.end();
    expect(await held.ended).toMatchObject({ code: status.OK });
    const next = connect(port, proven);
    next.send(clusters);
    await until(() => next.received.length === 1);
  });

  test('the end of the token ends the stream, a bit before', async () => {
    const { server } = await start();
    const port = await server.listenInsecure(0, { ...peer, expiresAt: Date.now() + 200 });
    const stream = connect(port);
    stream.send(clusters);
    await until(() => stream.received.length === 1);
    expect(await stream.ended).toMatchObject({
      code: status.UNAVAILABLE,
      details: 'OR2008 the token of the stream ends',
    });
  });

  test('stopping ends streams in order, and refuses new ones', async () => {
    const { port, server, state } = await start();
    const stream = connect(port);
    stream.send(clusters);
    await until(() => stream.received.length === 1);
    const stopped = server.stop(500);
    expect(await stream.ended).toMatchObject({ code: status.UNAVAILABLE });
    await stopped;
    expect(state).toEqual({ opened: 1, closed: 1 });
  });
});
