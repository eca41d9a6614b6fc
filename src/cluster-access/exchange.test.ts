import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { OutriggerError } from '../errors.ts';
import { askDashboard, type DashboardPlace, followDashboards } from './dashboard.ts';
import { exchange } from './exchange.ts';
import { adminAtUrl } from './proxy-admin.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function serve(answer: RequestListener): Promise<URL> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

test('an address and a way that was opened answer alike', async () => {
  const url = await serve((request, response) => response.end(`${request.method} ${request.url}`));
  const open = async () => connect(Number(url.port), '127.0.0.1');
  const asked = { method: 'POST', path: '/logging?http=debug' } as const;
  expect(await exchange({ kind: 'address', url }, asked)).toBe('POST /logging?http=debug');
  expect(await exchange({ kind: 'forwarded', tls: false, open }, asked)).toBe('POST /logging?http=debug');
});

test.each([
  [404, '{"error":{"code":"OR4041","message":"no pod of a/b has a proxy"}}', 'OR4041'],
  [404, '{"error":{"code":"toString","message":"x"}}', 'OR2535'],
  [404, 'nothing here', 'OR2535'],
  [404, '{"error":{"code":"OR1107","message":"/api/tap"}}', 'OR2535'],
  [503, '{"error":{"code":"OR4041","message":"x"}}', 'OR2535'],
])('the dashboard answers %i %s: %s', async (status, body, code) => {
  const url = await serve((_, response) => response.writeHead(status).end(body));
  const place = { url, namespace: 'x' } as unknown as DashboardPlace;
  await expect(askDashboard(place, '/api/graph')).rejects.toMatchObject({ code });
  const said: string[] = [];
  const options = { signal: new AbortController().signal, tell: () => {}, problem: (text: string) => said.push(text) };
  await expect(followDashboards(place, '/api/tap', options)).rejects.toMatchObject({ code });
  expect(said).toHaveLength(code === 'OR2535' ? 1 : 0);
});

test('more than the limit, no end, a reset and another status are errors in words', async () => {
  const endless = await serve((_, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
    };
    response.on('drain', more);
    more();
  });
  const get = (url: URL, more: object = {}) =>
    exchange({ kind: 'address', url }, { method: 'GET', path: '/', ...more });
  await expect(get(endless, { mostBytes: 1024 * 1024 })).rejects.toThrow('the answer has more than 1 MB');
  const silent = await serve((_, response) => void response.write('{'));
  await expect(get(silent, { timeoutMs: 100 })).rejects.toThrow('no whole answer within 0.1 s');
  const rude = await serve((request) => request.socket.destroy());
  await expect(get(rude)).rejects.toThrow('socket hang up');
  const coded = await serve((_, response) =>
    response.writeHead(403).end(JSON.stringify({ error: { code: 'OR2530', message: 'not from there' } })),
  );
  await expect(get(coded)).rejects.toThrow('/ answers 403: OR2530 not from there');
  const page = await serve((_, response) => response.writeHead(502).end('<html>Bad Gateway</html>'));
  await expect(adminAtUrl(page).get('/config_dump')).rejects.toThrow('/config_dump answers 502: <html>Bad Gateway');
  await expect(adminAtUrl(page).get('/config_dump')).rejects.toBeInstanceOf(OutriggerError);
});

test('a way that never opens is given up', async () => {
  const open = () => new Promise<never>(() => {});
  const asked = exchange({ kind: 'forwarded', tls: false, open }, { method: 'GET', path: '/', timeoutMs: 50 });
  await expect(asked).rejects.toThrow('no whole answer within 0.05 s');
});
