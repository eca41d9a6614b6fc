import { createServer, request, type Server } from 'node:http';
import { connect, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { echoGrpc } from './grpc-echo.ts';
import { createApp } from './http-app.ts';
import { readSettings } from './settings.ts';
import { echoWebSocket } from './websocket.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function start(env: Record<string, string>): Promise<string> {
  const server = createServer(createApp(readSettings(env))).on('upgrade', echoWebSocket);
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const json = async (url: string, headers = {}) => {
  const response = await fetch(`http://${url}`, { headers });
  return JSON.parse(await response.text());
};

test('the four of Bookinfo: who answered, down the chain, and headers handed on', async () => {
  const ratings = await start({ ROLE: 'ratings', POD_NAME: 'ratings-1' });
  const details = await start({ ROLE: 'details' });
  const env = { DETAILS_SERVICE: details, RATINGS_SERVICE: ratings };
  const reviews = await start({ ROLE: 'reviews', SERVICE_VERSION: 'v3', ...env });
  const page = await start({ ROLE: 'productpage', POD_NAME: 'page-1', REVIEWS_SERVICE: reviews, ...env });
  expect(await json(`${page}/productpage`)).toMatchObject({
    app: 'productpage',
    pod: 'page-1',
    details: { app: 'details', author: expect.any(String) },
    reviews: { app: 'reviews', version: 'v3', color: 'red', ratings: { pod: 'ratings-1', ratings: { Reviewer1: 5 } } },
  });
  const called = await json(`${page}/call?url=http://${ratings}/headers`, { 'end-user': 'jason', 'x-other': '1' });
  expect(called.call.body.headers).toMatchObject({ 'end-user': 'jason' });
  expect(called.call.body.headers['x-other']).toBeUndefined();
});

test('a part that is away is said so in the page', async () => {
  const page = await start({ ROLE: 'productpage', REVIEWS_SERVICE: '127.0.0.1:1', DETAILS_SERVICE: '127.0.0.1:1' });
  expect(await json(`${page}/productpage`)).toMatchObject({ reviews: { unavailable: true, status: 0 } });
});

test('statuses, delays, sizes, counts, health', async () => {
  const app = await start({ ERROR_PERCENT: '0' });
  expect((await fetch(`http://${app}/status/503`)).status).toBe(503);
  const before = Date.now();
  await json(`${app}/delay/60`);
  expect(Date.now() - before).toBeGreaterThanOrEqual(55);
  expect((await json(`${app}/bytes/1000`)).data).toHaveLength(1000);
  expect((await json(`${app}/count`)).count).toBe(3);
  await json(`${app}/health/fail`);
  expect((await fetch(`http://${app}/health`)).status).toBe(503);
});

test('errors as configured', async () => {
  const app = await start({ ERROR_PERCENT: '100', ERROR_STATUS: '507' });
  expect((await fetch(`http://${app}/`)).status).toBe(507);
});

test('a web socket sends back what it gets', async () => {
  const app = await start({});
  const socket = new WebSocket(`ws://${app}/`);
  const answer = await new Promise((resolve, reject) => {
    socket.onopen = () => socket.send('hello');
    socket.onmessage = ({ data }) => resolve(data);
    socket.onerror = reject;
  });
  socket.close();
  expect(answer).toBe('hello');
});

test('an upgrade is answered as the RFC says', async () => {
  const [host, port] = (await start({})).split(':');
  const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };
  const accept = await new Promise((resolve) => {
    const asked = request({ host, port, headers });
    asked.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response.headers['sec-websocket-accept']);
    });
    asked.end();
  });
  expect(accept).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
});

test('gRPC: messages come back, with the status that was asked for', async () => {
  const server = createHttp2Server();
  const settings = readSettings({ POD_NAME: 'grpc-1' });
  server.on('stream', (stream, headers) => echoGrpc(settings, stream, headers));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const stream = client.request({ ':method': 'POST', ':path': '/echo.Echo/Echo', 'want-status': '7' });
  const message = Buffer.from([0, 0, 0, 0, 2, 10, 0]);
  stream.end(message);
  const chunks: Buffer[] = [];
  const seen = await new Promise<Record<string, unknown>>((resolve) => {
    const all: Record<string, unknown> = {};
    stream.on('response', (headers) => Object.assign(all, headers));
    stream.on('trailers', (trailers) => Object.assign(all, trailers));
    stream.on('data', (chunk) => chunks.push(chunk));
    stream.on('close', () => resolve(all));
  });
  client.close();
  server.close();
  expect(Buffer.concat(chunks)).toEqual(message);
  expect(seen).toMatchObject({ 'x-app-pod': 'grpc-1', 'grpc-status': '7' });
});

test('a port without a protocol is refused', () => {
  expect(() => readSettings({ LISTEN: 'http:80,ftp:21' })).toThrow('ftp:21 is no protocol:port');
});
