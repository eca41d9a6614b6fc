import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { afterEach, expect, test } from 'vitest';
import { OutriggerError } from '../../errors.ts';
import { codedErrorHandler } from '../../http/coded-answers.ts';
import type { LocalLog } from '../../model/log-tail.ts';
import { createConnection } from '../../source/kubernetes/connection.ts';
import type { UserAccess } from '../../source/kubernetes/user-access.ts';
import type { MeshView } from '../mesh-view.ts';
import { logRoutes } from './log-routes.ts';

const workloads = new Map([['shop/cart-1', {}]]);
const mesh = { snapshot: () => ({ workloads }) } as unknown as MeshView;
const pod = {
  metadata: { name: 'cart-1', annotations: { 'kubectl.kubernetes.io/default-container': 'cart' } },
  spec: { initContainers: [{ name: 'istio-proxy' }], containers: [{ name: 'helper' }, { name: 'cart' }] },
};
let server: Server | undefined;
afterEach(() => server?.close());

/** In place of an API server with nodes: it answers with what the test says. A real one is in test/e2e. */
async function usersOf(listener: RequestListener): Promise<UserAccess> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    allowed: async () => true,
    connection: (token) =>
      createConnection({
        target: async () => ({
          server: `http://127.0.0.1:${port}`,
          options: { headers: { Authorization: `Bearer ${token}` } },
        }),
        reload: () => undefined,
      }),
  };
}

async function ask(path: string, parts: { users?: UserAccess; localLog?: LocalLog; token?: string }) {
  const app = Fastify();
  app.setErrorHandler(codedErrorHandler((error) => console.error(error)));
  app.decorateRequest('visitor');
  app.addHook('onRequest', async (request) => {
    request.visitor = { name: 'me', token: parts.token, isHere: false, renew: async () => undefined };
  });
  await app.register(logRoutes({ mesh, users: parts.users, localLog: parts.localLog }));
  const { statusCode, body } = await app.inject(`/api/logs/${path}`);
  return { statusCode, ...JSON.parse(body) };
}

test('the end of the log of the container that kubectl takes, in the name of whoever asks; another by its name', async () => {
  const asked: string[] = [];
  const users = await usersOf(({ url = '', headers }, response) => {
    asked.push(`${headers.authorization} ${url}`);
    response.end(url.includes('/log') ? 'one\r\n\u001b[31mtwo\u001b[0m\u0007\n' : JSON.stringify(pod));
  });
  expect(await ask('shop/cart-1', { users, token: 'mine' })).toEqual({
    statusCode: 200,
    container: 'cart',
    containers: ['helper', 'cart', 'istio-proxy'],
    lines: ['one', 'two'],
    reason: '',
    command: 'kubectl logs -n shop cart-1 -c cart --tail=200 -f',
  });
  expect(asked).toEqual([
    'Bearer mine /api/v1/namespaces/shop/pods/cart-1',
    'Bearer mine /api/v1/namespaces/shop/pods/cart-1/log?container=cart&tailLines=200',
  ]);
  expect(await ask('shop/cart-1?container=istio-proxy', { users, token: 'mine' })).toMatchObject({
    container: 'istio-proxy',
  });
  expect((await ask('shop/cart-1?container=..%2F..%2Fsecrets', { users, token: 'mine' })).error.code).toBe('OR4037');
  expect((await ask('shop/cart-1?container=a&container=b', { users, token: 'mine' })).error.code).toBe('OR4036');
  expect((await ask('shop/other', { users, token: 'mine' })).error.code).toBe('OR4037');
  expect((await ask('shop/..%2Fcart-1', { users, token: 'mine' })).error.code).toBe('OR4037');
});

test('without a token nobody is asked: what shows it in a terminal is told', async () => {
  const users = await usersOf((_, response) => response.destroy());
  expect(await ask('shop/cart-1', { users })).toMatchObject({
    ...{ statusCode: 200, lines: [], reason: expect.stringContaining('sign in') },
    command: 'kubectl logs -n shop cart-1 --tail=200 -f',
  });
  expect(await ask('shop/cart-1', {})).toMatchObject({ reason: expect.stringContaining('no API server') });
});

test.each([
  [401, 'OR4032'],
  [403, 'OR4033'],
  [404, 'OR4037'],
  [500, 'OR4044'],
])('what the API server says is said: %i', async (status, code) => {
  const users = await usersOf(({ url = '' }, response) => {
    if (!url.includes('/log')) return response.end(JSON.stringify(pod));
    return response.writeHead(status).end(JSON.stringify({ kind: 'Status', message: 'pods "cart-1" is forbidden' }));
  });
  const { error } = await ask('shop/cart-1', { users, token: 'mine' });
  expect([error.code, error.message]).toEqual([code, expect.stringContaining('pods "cart-1" is forbidden')]);
});

test('an answer that breaks off, and a pod that is none', async () => {
  const broken = await usersOf(({ url = '' }, response) => {
    if (!url.includes('/log')) return response.end(JSON.stringify(pod));
    response.write('half of');
    return setImmediate(() => response.destroy());
  });
  expect((await ask('shop/cart-1', { users: broken, token: 'mine' })).error.code).toBe('OR1630');
  server?.close();
  const strange = await usersOf((_, response) => response.end('[1]'));
  expect((await ask('shop/cart-1', { users: strange, token: 'mine' })).error.code).toBe('OR4044');
});

test('a log of megabytes and of long lines is bounded, with the newest at the end', async () => {
  const line = `${'x'.repeat(5000)}\n`;
  const users = await usersOf(({ url = '' }, response) => {
    response.end(url.includes('/log') ? `${line.repeat(1000)}the end` : JSON.stringify(pod));
  });
  const { lines } = await ask('shop/cart-1', { users, token: 'mine' });
  expect([lines.at(-1), lines.length < 20, lines.at(-2)?.length]).toEqual(['the end', true, 2000]);
});

test('of pods on this machine nobody else is asked', async () => {
  const localLog: LocalLog = ({ container }) =>
    container === '' ? { containers: ['cart'], container: 'cart', text: 'here\n' } : undefined;
  expect(await ask('shop/cart-1', { localLog })).toMatchObject({ lines: ['here'], reason: '' });
  expect((await ask('shop/cart-1?container=b', { localLog })).error).toMatchObject({
    code: new OutriggerError('OR4037', '').code,
  });
});
