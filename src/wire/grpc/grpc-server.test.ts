import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2';
import { type AddressInfo, connect as connectSocket, createServer as createPort, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import { selfSigned } from '../../../test/envoy/test-certificates.ts';
import { ServingCertificate } from '../serving-certificate.ts';
import type { GrpcCall } from './grpc-call.ts';
import { GrpcServer } from './grpc-server.ts';
import { messageHead } from './message-reader.ts';

const limits = {
  ...{ messageBytes: 1000, streamsPerConnection: 10, handshakeMs: 1000, handshakesAtOnce: 2 },
  ...{ keepaliveMs: 30_000, keepaliveTimeoutMs: 10_000 },
};
const path = '/test.Service/Talk';
const asked = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
const framed = (text: string) => Buffer.concat([messageHead(text.length), Buffer.from(text)]);

describe('a gRPC server', () => {
  const stopping: (() => unknown)[] = [];
  let timers: { readonly ms: number; readonly run: () => void }[] = [];
  const clock = {
    now: () => 0,
    after: (ms: number, run: () => void) => {
      const timer = { ms, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
  };
  afterEach(async () => {
    for (const stop of stopping.splice(0).reverse()) await stop();
    timers = [];
  });

  async function start(talk: (call: GrpcCall) => void): Promise<{ port: number; server: GrpcServer }> {
    const server = new GrpcServer({ methods: new Map([[path, talk]]), clock, limits });
    const port = await server.listenInsecure({ host: '127.0.0.1', port: 0 });
    stopping.push(() => {
      server.destroy();
      return server.close();
    });
    return { port, server };
  }

  function open(port: number): ClientHttp2Session {
    const session = connect(`http://127.0.0.1:${port}`);
    session.on('error', () => undefined);
    stopping.push(() => session.destroy());
    return session;
  }

  /** Headers and trailers in one, as a client sees the end of a call. */
  async function end(stream: ClientHttp2Stream): Promise<IncomingHttpHeaders> {
    const seen: IncomingHttpHeaders = {};
    stream.on('response', (headers) => Object.assign(seen, headers));
    stream.on('trailers', (headers) => Object.assign(seen, headers));
    stream.on('error', () => undefined);
    stream.resume();
    await new Promise((resolve) => stream.on('close', resolve));
    return seen;
  }

  const echo = (call: GrpcCall, closed: () => void = () => undefined) =>
    call.listen({
      message: (bytes) => void call.write(Buffer.from(bytes)),
      halfClosed: () => call.end({ code: 14, message: 'you said all, 100 %' }),
      drained: () => undefined,
      closed,
    });

  /** Runs what waits for so long, once. */
  async function pass(ms: number): Promise<void> {
    const due = timers.filter((timer) => timer.ms === ms);
    timers = timers.filter((timer) => timer.ms !== ms);
    for (const { run } of due) run();
    for (let turns = 0; turns < 20; turns++) await turn();
  }

  async function until(ask: () => boolean): Promise<void> {
    for (let turns = 0; turns < 100_000 && !ask(); turns++) await turn();
    expect(ask()).toBe(true);
  }

  test('talks with the client of grpc-js: messages both ways, headers, status', async () => {
    let authorization = '';
    const { port } = await start((call) => {
      authorization = call.header('authorization');
      echo(call);
    });
    const same = (bytes: Buffer): Buffer => bytes;
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    stopping.push(() => client.close());
    const metadata = new Metadata();
    metadata.set('authorization', 'Bearer x');
    const call = client.makeBidiStreamRequest(path, same, same, metadata);
    const came: string[] = [];
    call.on('data', (bytes: Buffer) => came.push(String(bytes)));
    call.on('error', () => undefined);
    for (const text of ['one', '', 'three'.repeat(199)]) call.write(Buffer.from(text));
    call.end();
    const status = await new Promise((resolve) => call.on('status', resolve));
    expect(status).toMatchObject({ code: 14, details: 'you said all, 100 %' });
    expect([came, authorization]).toEqual([['one', '', 'three'.repeat(199)], 'Bearer x']);
  });

  test('a client that reads nothing holds up its own messages alone, and gets all when it reads', async () => {
    const sizes = [10, 5_000_000, 16_000, 16_001, 0];
    const answers: boolean[] = [];
    let drained = 0;
    const { port } = await start((call) => {
      call.listen({ message: () => {}, halfClosed: () => {}, drained: () => void drained++, closed: () => {} });
      for (const size of sizes) answers.push(call.write(Buffer.alloc(size, size)));
      call.end({ code: 13, message: 'done' });
    });
    const slow = open(port).request(asked);
    const quick = open(port).request({ ...asked, ':path': '/other' }, { endStream: true });
    expect(await end(quick)).toMatchObject({ 'grpc-status': '12', 'grpc-message': `there is no method /other` });
    expect([answers.includes(false), drained]).toEqual([true, 0]);
    const bytes: Buffer[] = [];
    slow.on('data', (chunk: Buffer) => bytes.push(chunk));
    const [trailers] = await once(slow, 'trailers');
    const expected = sizes.map((size) => Buffer.concat([messageHead(size), Buffer.alloc(size, size)]));
    expect(Buffer.concat(bytes).equals(Buffer.concat(expected))).toBe(true);
    expect(trailers).toMatchObject({ 'grpc-status': '13' });
  });

  test('says when there is room again', async () => {
    const told: string[] = [];
    const { port } = await start((call) => {
      call.listen({
        message: () => {},
        halfClosed: () => {},
        drained: () => told.push('drained'),
        closed: () => told.push('closed'),
      });
      told.push(`wrote ${call.write(Buffer.alloc(1_000_000))}`);
    });
    const stream = open(port).request(asked);
    await once(stream, 'response');
    expect(told).toEqual(['wrote false']);
    stream.resume();
    await until(() => told.length === 2);
    stream.close();
    await until(() => told.length === 3);
    expect(told).toEqual(['wrote false', 'drained', 'closed']);
  });

  test('pausing holds back whole messages that have come', async () => {
    const came: string[] = [];
    let held: GrpcCall | undefined;
    const { port } = await start((call) => {
      held = call;
      const message = (bytes: Buffer): void => {
        came.push(String(bytes));
        call.pause();
      };
      call.listen({ message, halfClosed: () => came.push('end'), drained: () => {}, closed: () => {} });
    });
    const stream = open(port).request(asked);
    stream.end(Buffer.concat([framed('a'), framed('b')]));
    await until(() => came.length === 1);
    await pass(1);
    expect(came).toEqual(['a']);
    held?.resume();
    expect(came).toEqual(['a', 'b']);
    held?.resume();
    await until(() => came.length === 3);
    expect(came).toEqual(['a', 'b', 'end']);
  });

  test.each([
    ['a message that is too long', Buffer.from([0, 0, 1, 0, 0]), '8'],
    ['a compressed one', Buffer.from([1, 0, 0, 0, 1, 0]), '12'],
    ['one that is cut off', Buffer.from([0, 0, 0, 0, 2, 0]), '13'],
  ])('%s ends its call alone', async (_, bytes, code) => {
    const { port } = await start(echo);
    const session = open(port);
    const stream = session.request(asked);
    stream.end(bytes);
    expect(await end(stream)).toMatchObject({ ':status': 200, 'grpc-status': code });
    const next = session.request(asked);
    next.end(framed('hello'));
    expect(await end(next)).toMatchObject({ 'grpc-status': '14' });
  });

  test.each([
    ['a GET', { ...asked, ':method': 'GET' }],
    ['JSON', { ...asked, 'content-type': 'application/json' }],
    ['gRPC-Web', { ...asked, 'content-type': 'application/grpc-web' }],
  ])('%s is no gRPC: 415', async (_, headers) => {
    const { port } = await start(echo);
    expect(await end(open(port).request(headers, { endStream: true }))).toMatchObject({ ':status': 415 });
  });

  test('a client that leaves its half of an ended call open is cut off', async () => {
    const { port } = await start((call) => call.end({ code: 7, message: 'no' }));
    const stream = open(port).request(asked);
    const ended = end(stream);
    await once(stream, 'response');
    await pass(5000);
    expect(await ended).toMatchObject({ 'grpc-status': '7', 'grpc-message': 'no' });
  });

  test('a connection without a call ends after two rounds, one with a call does not', async () => {
    const { port } = await start(echo);
    const [idle, busy] = [open(port), open(port)];
    const stream = busy.request(asked);
    stream.write(framed('hello'));
    await Promise.all([once(idle, 'remoteSettings'), once(stream, 'data')]);
    for (let round = 0; round < 2; round++) {
      await until(() => timers.filter(({ ms }) => ms === 30_000).length === 2);
      await pass(30_000);
    }
    await until(() => idle.closed);
    expect(busy.closed).toBe(false);
  });

  test('a connection that answers no ping is cut', async () => {
    const { port } = await start(echo);
    const socket = connectSocket(port, '127.0.0.1');
    stopping.push(() => socket.destroy());
    // An HTTP/2 client that has said its first words and falls silent.
    socket.write(
      Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.of(0, 0, 0, 4, 0, 0, 0, 0, 0)]),
    );
    await until(() => timers.some(({ ms }) => ms === 30_000));
    await pass(30_000);
    expect(timers.map(({ ms }) => ms)).toEqual([10_000]);
    const closed = once(socket.resume(), 'close');
    await pass(10_000);
    await closed;
  });

  /** A way to the port that takes nothing more from it once it is told so, and stays. */
  async function throttled(port: number): Promise<{ way: number; stall: () => void }> {
    const upstream: Socket[] = [];
    const way = createPort((client) => {
      const server = connectSocket(port, '127.0.0.1');
      for (const socket of [client, server]) socket.on('error', () => undefined);
      client.pipe(server).pipe(client);
      upstream.push(server);
      stopping.push(() => [client, server].map((socket) => socket.destroy()));
    });
    await once(way.listen(0, '127.0.0.1'), 'listening');
    stopping.push(() => way.close());
    const stall = () => upstream.map((server) => server.unpipe().pause());
    return { way: (way.address() as AddressInfo).port, stall };
  }

  const greedy = { settings: { initialWindowSize: 2 ** 30 } };

  /** A client to which HTTP/2 sets no bound, and that reads nothing once a call has begun. */
  async function neverReads(session: ClientHttp2Session, stall: () => void): Promise<void> {
    stopping.push(() => session.destroy());
    session.on('error', () => undefined);
    await once(session, 'connect');
    session.setLocalWindowSize(2 ** 30);
    const stream = session.request(asked);
    stream.on('error', () => undefined);
    stream.write(framed('hello'));
    await once(stream, 'data');
    stall();
    stream.write(framed('more'));
  }

  async function expectCut(server: GrpcServer, closed: () => number): Promise<void> {
    await until(() => timers.some(({ ms }) => ms === 30_000));
    expect(server.connections).toBe(1);
    await pass(30_000);
    await pass(10_000);
    await until(() => server.connections === 0 && closed() === 1);
  }

  /** After the first answer one that no socket takes whole. */
  const talksALot = (closed: () => void) => (call: GrpcCall) => {
    let asked = 0;
    const message = () => void call.write(asked++ === 0 ? Buffer.from('hello') : Buffer.alloc(32_000_000));
    call.listen({ message, halfClosed: () => {}, drained: () => {}, closed });
  };

  test('a connection that takes nothing any more is cut, whatever is to be written', async () => {
    let closed = 0;
    const { port, server } = await start(talksALot(() => closed++));
    const { way, stall } = await throttled(port);
    await neverReads(connect(`http://127.0.0.1:${way}`, greedy), stall);
    await expectCut(server, () => closed);
  });

  describe('over TLS', () => {
    const identity = selfSigned('localhost');
    const certificate = new ServingCertificate(identity);

    let closed = 0;
    const counted = (call: GrpcCall) => echo(call, () => void closed++);
    async function startTls(talk: (call: GrpcCall) => void = counted): Promise<{ port: number; server: GrpcServer }> {
      closed = 0;
      const server = new GrpcServer({ methods: new Map([[path, talk]]), clock, limits });
      const port = await server.listen({ host: '127.0.0.1', port: 0 }, certificate);
      stopping.push(() => {
        server.destroy();
        return server.close();
      });
      return { port, server };
    }

    async function says(port: number, ca: string): Promise<IncomingHttpHeaders> {
      const session = connect(`https://localhost:${port}`, { ca });
      session.on('error', () => undefined);
      stopping.push(() => session.destroy());
      const stream = session.request(asked);
      stream.end(framed('hello'));
      return end(stream);
    }

    test('many at once all get their turn', async () => {
      const { port } = await startTls();
      const ends = await Promise.all(Array.from({ length: 20 }, () => says(port, identity.certificate)));
      expect(new Set(ends.map((headers) => headers['grpc-status']))).toEqual(new Set(['14']));
      expect(timers.filter(({ ms }) => ms === 250)).toEqual([]);
    });

    test('clients that never begin, or speak something else, hold up nobody for long', async () => {
      const { port } = await startTls();
      const silent = Array.from({ length: 4 }, () => connectSocket(port, '127.0.0.1'));
      stopping.push(...silent.map((socket) => () => socket.destroy()));
      await Promise.all(silent.map((socket) => once(socket, 'connect')));
      await until(() => timers.filter(({ ms }) => ms === 250).length === limits.handshakesAtOnce);
      const waiting = says(port, identity.certificate);
      // Two places: the four silent ones take them in two rounds.
      await pass(250);
      await pass(250);
      expect(await waiting).toMatchObject({ 'grpc-status': '14' });
      const plain = connectSocket(port, '127.0.0.1');
      plain.on('error', () => undefined);
      plain.write('GET / HTTP/1.1\r\n\r\n');
      await once(plain.resume(), 'close');
      expect(await says(port, identity.certificate)).toMatchObject({ 'grpc-status': '14' });
    });

    const departures: readonly (readonly [string, (tls: TLSSocket, tcp: Socket) => unknown])[] = [
      ['says that TLS ends, and then FIN', (tls) => tls.end()],
      ['says FIN and nothing of TLS', (_, tcp) => tcp.end()],
      ['resets the connection', (_, tcp) => tcp.resetAndDestroy()],
    ];
    test.each(departures)('the calls of a client that %s are closed at once', async (_, leave) => {
      const { port } = await startTls();
      const tcp = connectSocket({ port, host: '127.0.0.1', allowHalfOpen: true });
      const tls = connectTls({ socket: tcp, ca: identity.certificate, servername: 'localhost', ALPNProtocols: ['h2'] });
      for (const socket of [tcp, tls]) socket.on('error', () => undefined);
      const session = connect('https://localhost', { createConnection: () => tls });
      session.on('error', () => undefined);
      stopping.push(() => tcp.destroy());
      const stream = session.request(asked);
      stream.on('error', () => undefined);
      stream.write(framed('hello'));
      await once(stream, 'data');
      expect(closed).toBe(0);
      leave(tls, tcp);
      await until(() => closed === 1);
      // Nothing of it waits for the next ping.
      expect(timers.filter(({ ms }) => ms >= limits.keepaliveTimeoutMs)).toEqual([]);
    });

    test('a connection that takes nothing any more is cut, whatever is to be written', async () => {
      const { port, server } = await startTls(talksALot(() => void closed++));
      const { way, stall } = await throttled(port);
      await neverReads(connect(`https://localhost:${way}`, { ...greedy, ca: identity.certificate }), stall);
      await expectCut(server, () => closed);
    });

    test('a new certificate counts for new connections, and TLS 1.1 for none', async () => {
      const { port } = await startTls();
      const next = selfSigned('localhost');
      certificate.update(next);
      expect(await says(port, identity.certificate)).toEqual({});
      expect(await says(port, next.certificate)).toMatchObject({ 'grpc-status': '14' });
      certificate.update(identity);
      const old = connectTls({
        port,
        host: '127.0.0.1',
        ca: identity.certificate,
        maxVersion: 'TLSv1.1',
        minVersion: 'TLSv1.1',
      });
      await expect(once(old, 'secureConnect')).rejects.toThrow();
    });
  });
});
