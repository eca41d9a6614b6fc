import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createConnection } from '../source/kubernetes/connection.ts';
import { talking } from './talking-connection.ts';

let answer: () => void = () => undefined;
const server = createServer((request, response) => {
  const end = () => void response.end('{}');
  if (request.url === '/slow') answer = end;
  else end();
});
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => server.close());

test('a server that is silent is named once, while its answer is awaited', async () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const said: string[] = [];
  let told: () => void = () => undefined;
  const silence = new Promise<void>((resolve) => {
    told = resolve;
  });
  const credentials = { target: async () => ({ server: url, options: {} }), reload: () => undefined };
  const connection = talking(
    createConnection(credentials),
    (line) => {
      said.push(line);
      told();
    },
    // Longer than a fast answer takes on a busy machine.
    1000,
  );
  expect((await connection.json({ method: 'GET', path: '/fast' })).status).toBe(200);
  const slow = connection.json({ method: 'GET', path: '/slow' });
  await silence;
  answer();
  expect((await slow).status).toBe(200);
  expect(said).toEqual([`… the API server at ${url} does not answer yet (GET /slow)`]);
});
