import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import tls from 'node:tls';
import type { FastifyPluginCallback } from 'fastify';
import { Agent, request } from 'undici';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { issueLeaf, makeRoot } from '../identity/make-certificates.ts';
import type { Root } from '../identity/root-store.ts';
import type { ServingPair } from '../identity/serving-pair.ts';
import { createHttpServer, createPlainServer, defaultLimits, type HttpLimits, type HttpServer } from './server.ts';

let root: Root;
let pair: ServingPair;
const leaf = () => issueLeaf({ root, names: ['localhost', '127.0.0.1'], now: new Date(), lifetimeMs: 3_600_000 });
beforeAll(async () => {
  root = await makeRoot(new Date());
  pair = await leaf();
});

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function serve(plugin: FastifyPluginCallback, limits: Partial<HttpLimits> = {}) {
  const faults: unknown[] = [];
  const server = createHttpServer({
    limits: { ...defaultLimits, ...limits },
    pair,
    plugins: [plugin],
    onFault: (error) => faults.push(error),
  });
  const port = await server.listen({ host: '127.0.0.1', port: 0 });
  closers.push(() => server.close(0));
  const agent = new Agent({ connect: { ca: root.certificatePem } });
  closers.push(() => agent.destroy());
  const ask = (path: string, options: object = {}) =>
    request(`https://localhost:${port}${path}`, { dispatcher: agent, ...options });
  return { server, port, ask, faults };
}

/** `/slow` is answered when `release` is called, `/raw` past Fastify; `/body` tells the length of its body. */
function routes(release: Promise<void> = Promise.resolve()): FastifyPluginCallback {
  return (app, _, done) => {
    app.get('/slow', async () => {
      await release;
      return 'answered';
    });
    app.get('/raw', (_request, reply) => {
      reply.hijack();
      reply.raw.writeHead(200, { 'content-length': 3 });
      reply.raw.end('raw');
    });
    app.post('/body', (request, reply) => reply.send(String(JSON.stringify(request.body).length)));
    app.get('/broken', () => {
      throw new Error('secret in /some/x.ts');
    });
    done();
  };
}

function collect(socket: Socket): () => string {
  let text = '';
  socket.on('data', (data) => {
    text += data;
  });
  return () => text;
}

test('a client that trusts the root is served, with security headers', async () => {
  const { ask } = await serve(routes());
  const answer = await ask('/slow');
  expect(answer.statusCode).toBe(200);
  expect(answer.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
});

test('TLS 1.1 is refused, 1.2 and 1.3 are served', async () => {
  const { port } = await serve(routes());
  const handshake = (version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3') =>
    new Promise<string>((resolve) => {
      const options = { port, ca: root.certificatePem, servername: 'localhost', ciphers: 'DEFAULT@SECLEVEL=0' };
      const socket = tls.connect({ ...options, host: '127.0.0.1', minVersion: version, maxVersion: version }, () => {
        resolve(String(socket.getProtocol()));
        socket.end();
      });
      socket.on('error', (error) => resolve(`refused: ${error.message}`));
    });
  expect(await handshake('TLSv1.1')).toMatch(/^refused: .*alert/);
  expect(await handshake('TLSv1.2')).toBe('TLSv1.2');
  expect(await handshake('TLSv1.3')).toBe('TLSv1.3');
});

test('404 and 405 are coded, 405 names what is allowed', async () => {
  const { ask } = await serve(routes());
  const missing = await ask('/nothing');
  expect(missing.statusCode).toBe(404);
  expect(await missing.body.json()).toMatchObject({ error: { code: 'OR1107' } });
  const wrong = await ask('/body', { method: 'PUT' });
  expect(wrong.statusCode).toBe(405);
  expect(wrong.headers.allow).toBe('POST');
  expect(await wrong.body.json()).toMatchObject({ error: { code: 'OR1108' } });
});

test('a path with names in it has methods, too; the port of the dashboard names no path of the webhook', async () => {
  const page = createPlainServer({ limits: defaultLimits, plugins: [named], onFault: () => undefined });
  const asked = (method: 'GET' | 'POST', url: string) => page.app.inject({ method, url });
  expect((await asked('GET', '/things/a')).statusCode).toBe(200);
  const wrong = await asked('POST', '/things/a');
  expect([wrong.statusCode, wrong.headers.allow]).toEqual([405, 'GET, HEAD']);
  const missing = await asked('GET', '/things/a/b');
  const { code, remedy } = missing.json().error;
  expect([missing.statusCode, code]).toEqual([404, 'OR1116']);
  expect(remedy).not.toMatch(/\/inject|\/preview/);
  await page.close(0);
});

const named: FastifyPluginCallback = (app, _, done) => {
  app.get('/things/:name', () => 'here');
  done();
};

test('an unexpected error is OR1901 without its text, and reported', async () => {
  const { ask, faults } = await serve(routes());
  const answer = await ask('/broken');
  expect(answer.statusCode).toBe(500);
  const text = await answer.body.text();
  expect(text).toContain('OR1901');
  expect(text).not.toMatch(/secret|\.ts/);
  expect(faults).toHaveLength(1);
});

test('a body over the limit is 413', async () => {
  const { ask } = await serve(routes(), { bodyLimitBytes: 100 });
  const answer = await ask('/body', {
    method: 'POST',
    body: JSON.stringify('x'.repeat(200)),
    headers: { 'content-type': 'application/json' },
  });
  expect(answer.statusCode).toBe(413);
  expect(await answer.body.json()).toMatchObject({ error: { code: 'OR1106' } });
});

test('a client that sends no handshake is dropped', async () => {
  const { port } = await serve(routes(), { handshakeTimeoutMs: 200 });
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'close');
});

test.each([
  ['headers', 'GET /slow HTTP/1.1\r\nhost: x\r\n', 'x'],
  ['body', 'POST /body HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n', '1'],
])('a client that trickles its %s gets a 408 and is dropped', async (_, head, drop) => {
  const { port } = await serve(routes(), { headersTimeoutMs: 300, requestTimeoutMs: 500 });
  const socket = tls.connect({ port, host: '127.0.0.1', ca: root.certificatePem, servername: 'localhost' });
  socket.on('error', () => {});
  const text = collect(socket);
  await once(socket, 'secureConnect');
  socket.write(head);
  const trickle = setInterval(() => socket.write(drop), 50);
  await once(socket, 'close');
  clearInterval(trickle);
  expect(text()).toMatch(/^HTTP\/1\.1 408 [\s\S]*OR1109/);
});

test('what is no HTTP gets a coded 400', async () => {
  const { port } = await serve(routes());
  const socket = tls.connect({ port, host: '127.0.0.1', ca: root.certificatePem, servername: 'localhost' });
  const text = collect(socket);
  await once(socket, 'secureConnect');
  socket.write('hello there\r\n\r\n');
  await once(socket, 'close');
  expect(text()).toMatch(/^HTTP\/1\.1 400 [\s\S]*OR1115/);
});

test('a busy port is OR1004, a foreign address OR1005', async () => {
  const { port } = await serve(routes());
  const other = createHttpServer({ limits: defaultLimits, pair, plugins: [], onFault: () => {} });
  closers.push(() => other.close(0));
  await expect(other.listen({ host: '127.0.0.1', port })).rejects.toMatchObject({ code: 'OR1004' });
  const foreign = createHttpServer({ limits: defaultLimits, pair, plugins: [], onFault: () => {} });
  closers.push(() => foreign.close(0));
  await expect(foreign.listen({ host: '192.0.2.1', port: 0 })).rejects.toMatchObject({ code: 'OR1005' });
});

test('closing answers what is under way, on connections that are kept alive too', async () => {
  const gate = Promise.withResolvers<void>();
  const { ask, server } = await serve(routes(gate.promise));
  const answers = Array.from({ length: 5 }, () => ask('/slow'));
  await expect.poll(() => connections(server)).toBe(5);
  const closing = server.close(10_000);
  gate.resolve();
  for (const answer of await Promise.all(answers)) {
    expect(answer.statusCode).toBe(200);
    expect(await answer.body.text()).toBe('answered');
  }
  await closing;
  await expect(ask('/slow')).rejects.toThrow();
});

test('closing ends a request that never ends at the deadline', async () => {
  const { ask, server } = await serve(routes(new Promise(() => {})));
  const answer = ask('/slow').catch((error: Error) => error);
  await expect.poll(() => connections(server)).toBe(1);
  await server.close(50);
  expect(await answer).toBeInstanceOf(Error);
});

function connections(server: HttpServer): Promise<number> {
  return new Promise((resolve, reject) =>
    server.app.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
}

test('the certificate is swapped under load, and no request fails', async () => {
  const { server, port } = await serve(routes());
  const options = { connect: { ca: root.certificatePem, servername: 'localhost' } };
  let failed = 0;
  let served = 0;
  let stop = false;
  const client = async (fresh: boolean): Promise<void> => {
    let agent = new Agent(options);
    while (!stop) {
      const url = `https://127.0.0.1:${port}/slow`;
      await request(url, { dispatcher: agent }).then(
        async (answer) => (await answer.body.text()) === 'answered' && served++,
        () => failed++,
      );
      if (!fresh) continue;
      await agent.close();
      agent = new Agent(options);
    }
    await agent.close();
  };
  const clients = [false, false, true, true].map(client);
  const serials = new Set<string>();
  for (let round = 0; round < 5; round++) {
    const before = served;
    server.swapCertificate(await leaf());
    await expect.poll(() => served, { timeout: 10_000 }).toBeGreaterThan(before + 30);
    serials.add(await servedSerial(port));
  }
  stop = true;
  await Promise.all(clients);
  expect(failed).toBe(0);
  expect(serials.size).toBe(5);
});

async function servedSerial(port: number): Promise<string> {
  const socket = tls.connect({ port, host: '127.0.0.1', ca: root.certificatePem, servername: 'localhost' });
  await once(socket, 'secureConnect');
  const serial = socket.getPeerCertificate().serialNumber;
  socket.destroy();
  return serial;
}

test('who leaves says so with each answer, and answers all the same', async () => {
  const { server, ask } = await serve(routes());
  expect((await ask('/slow')).headers['connection']).toBe('keep-alive');
  server.sayGoodbye();
  // The webhook's own answers are written past Fastify.
  for (const path of ['/slow', '/raw', '/unknown']) {
    const last = await ask(path);
    expect([path, last.headers['connection']]).toEqual([path, 'close']);
    await last.body.dump();
  }
});

test('who leaves waits for connections that are still used, each to its last answer', async () => {
  const { server, ask } = await serve(routes());
  const answers = await Promise.all([ask('/slow'), ask('/slow')]);
  await Promise.all(answers.map(({ body }) => body.text()));
  expect(await connections(server)).toBe(2);
  server.sayGoodbye();
  let forsaken = false;
  const waiting = server.forsaken(60_000, 60_000).then(() => {
    forsaken = true;
  });
  for (const left of [1, 0]) {
    expect(forsaken).toBe(false);
    await (await ask('/slow')).body.text();
    await expect.poll(() => connections(server)).toBe(left);
  }
  await waiting;
});

test('who leaves waits for no idle connection, and for no client without end', async () => {
  const gate = Promise.withResolvers<void>();
  const { server, ask } = await serve(routes(gate.promise));
  const answer = ask('/slow');
  await expect.poll(() => connections(server)).toBe(1);
  await server.forsaken(60_000, 30);
  await server.forsaken(0, 60_000);
  gate.resolve();
  expect((await answer).statusCode).toBe(200);
});

test('probes of the kubelet, which go on to the end, are no client that is waited for', async () => {
  const gate = Promise.withResolvers<void>();
  const health: FastifyPluginCallback = (app, _, done) => {
    app.get('/healthz/ready', async () => 'ok');
    routes(gate.promise)(app, {}, done);
  };
  const { server, ask } = await serve(health);
  const answer = ask('/slow');
  await expect.poll(() => connections(server)).toBe(1);
  server.sayGoodbye();
  let forsaken = false;
  const waiting = server.forsaken(100, 10_000).then(() => {
    forsaken = true;
  });
  const end = performance.now() + 8_000;
  while (!forsaken && performance.now() < end) await (await ask('/healthz/ready')).body.text();
  expect(forsaken).toBe(true);
  await waiting;
  gate.resolve();
  await (await answer).body.text();
});
