import { Client, credentials, Metadata } from '@grpc/grpc-js';
import protobuf from 'protobufjs/minimal.js';
import { afterEach, expect, test } from 'vitest';
import { OutriggerError } from '../errors.ts';
import type { TapEntry } from '../xds/encode/access-logs.ts';
import { accessLogMethod, accessLogService, type TapStreams } from './access-log-service.ts';
import { GrpcServer } from './grpc/grpc-server.ts';

const limits = {
  ...{ messageBytes: 1_000_000, streamsPerConnection: 10, handshakeMs: 1000, handshakesAtOnce: 2 },
  ...{ keepaliveMs: 30_000, keepaliveTimeoutMs: 10_000 },
};
const clock = {
  now: () => Date.now(),
  after: (ms: number, run: () => void) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
const stopping: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stopping.splice(0).reverse()) await stop();
});

/** Of one entry with a method tag, a path, a status, and the flags UF and DC. */
function message(logName: string, path = '/a'): Buffer {
  const writer = protobuf.Writer.create();
  if (logName !== '')
    writer
      .uint32(10)
      .fork()
      .uint32(10)
      .fork()
      .uint32(10)
      .string('sidecar~1~p.n~d')
      .ldelim()
      .uint32(18)
      .string(logName)
      .ldelim();
  writer.uint32(18).fork().uint32(10).fork();
  writer.uint32(10).fork().uint32(42).fork().uint32(8).uint64(2).uint32(16).uint32(500_000_000).ldelim();
  writer.uint32(130).fork().uint32(48).bool(true).uint32(120).bool(true).ldelim();
  writer.uint32(178).fork().uint32(10).string('method').uint32(18).string('GET').ldelim();
  writer.uint32(178).fork().uint32(10).string('source').uint32(18).string('-').ldelim().ldelim();
  writer.uint32(16).uint32(3).uint32(26).fork().uint32(42).string(path).ldelim();
  writer
    .uint32(34)
    .fork()
    .uint32(10)
    .fork()
    .uint32(8)
    .uint32(503)
    .ldelim()
    .uint32(24)
    .uint64(12)
    .uint32(50)
    .string('via_upstream')
    .ldelim();
  return Buffer.from(writer.ldelim().ldelim().finish());
}

/** Where the tap `known` is open for the pod `n/p`; `wait` is what it answers to entries. */
async function start(wait = 0, rate = { perSecond: 100, burst: 100 }) {
  const taken: TapEntry[] = [];
  const ends = new Set<() => void>();
  const taps: TapStreams = {
    isOpen: (id) => ['known', 'of others'].includes(id),
    begin: (id, peer, nodeId) => {
      if (id === 'of others') return undefined;
      expect(nodeId).toBe('sidecar~1~p.n~d');
      if (peer.pod?.name !== 'p') throw new OutriggerError('OR2401', 'it is another pod');
      return {
        take: (entries) => (taken.push(...entries) > 1 ? wait : 0),
        onEnd: (listener) => ends.add(listener),
        close: () => ends.clear(),
      };
    },
  };
  const authenticator = {
    authenticate: async (token: string) => {
      if (token === 'forged') throw new OutriggerError('OR2101', 'it is forged');
      return { namespace: 'n', serviceAccount: 's', pod: { name: token, uid: '' }, expiresAt: Number.MAX_SAFE_INTEGER };
    },
  };
  const service = accessLogService({ authenticator, taps, clock, rate, firstMessageMs: 300 });
  const server = new GrpcServer({ methods: new Map([[accessLogMethod, service]]), clock, limits });
  const port = await server.listenInsecure({ host: '127.0.0.1', port: 0 });
  stopping.push(() => {
    server.destroy();
    return server.close();
  });
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  stopping.push(() => client.close());
  const open = (token: string) => {
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${token}`);
    const raw = (bytes: Buffer) => bytes;
    const call = client.makeBidiStreamRequest(accessLogMethod, raw, raw, metadata);
    const status = new Promise<number>((resolve) => call.on('status', ({ code }) => resolve(code)));
    call.on('error', () => undefined);
    call.resume();
    return { call, status };
  };
  return { taken, ends, open };
}

const some = async (holds: () => boolean) => {
  await expect.poll(holds, { timeout: 5000 }).toBe(true);
};

test('entries of a proxy that is looked at, until the tap is over', async () => {
  const { taken, ends, open } = await start();
  const { call, status } = open('p');
  call.write(message('known'));
  call.write(message('', '/b'));
  await some(() => taken.length === 2);
  expect(taken[0]).toEqual({
    ...{ at: 2500, durationMs: 0, downstream: '', upstream: '', flags: 'UF,DC', tags: { method: 'GET', source: '' } },
    ...{
      connection: '',
      version: 3,
      authority: '',
      path: '/a',
      details: 'via_upstream',
      bytesReceived: 0,
      status: 503,
      bytesSent: 12,
    },
  });
  for (const end of ends) end();
  expect(await status).toBe(14);
  expect(ends.size).toBe(0);
});

test('who says too much is not read for a while', async () => {
  const { taken, open } = await start(400);
  const { call } = open('p');
  for (const path of ['/1', '/2', '/3']) call.write(message('known', path));
  await some(() => taken.length === 2);
  const at = Date.now();
  await some(() => taken.length === 3);
  expect(Date.now() - at).toBeGreaterThan(200);
});

test('a proxy that is not looked at here comes by another connection, which may find the replica', async () => {
  const { taken, open } = await start();
  const { call, status } = open('p');
  call.write(message('of others'));
  expect(await status).toBe(14);
  expect(taken).toEqual([]);
});

test('more streams than it takes at once are refused before anybody is asked for their tokens', async () => {
  const { open } = await start(0, { perSecond: 0.001, burst: 1 });
  open('p').call.write(message('known'));
  expect(await open('p').status).toBe(8);
});

test('nobody else: an unknown tap, another pod, a forged token, no message, no such message', async () => {
  const { taken, open } = await start();
  const first = (token: string, bytes: Buffer | undefined) => {
    const { call, status } = open(token);
    if (bytes !== undefined) call.write(bytes);
    return status;
  };
  expect(await first('p', message('unknown'))).toBe(14);
  expect(await first('q', message('known'))).toBe(7);
  expect(await first('forged', message('known'))).toBe(16);
  expect(await first('p', undefined)).toBe(4);
  expect(await first('p', Buffer.from([0xff, 0xff, 0xff]))).toBe(16);
  // Entries of nothing, two bytes each: a million of them would hold up every proxy.
  for (const many of [70_000, 140_000])
    expect(await first('p', Buffer.concat([message('known'), Buffer.from('1200'.repeat(many), 'hex')]))).toBe(16);
  expect(taken).toEqual([]);
});
