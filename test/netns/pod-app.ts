import { createServer, get } from 'node:http';
import type { Socket } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { startGrpcHealthApp } from '../envoy/test-app.ts';

/**
 * The app of played pods. Answers HTTP on 8080, accepts TCP on 9090, serves gRPC health on 7070. `/fail` and `/mend`
 * switch its readiness. On SIGTERM it takes no new connection, answers what is in flight, makes one call to CALL_AT_END
 * and says what came back.
 */
const hooks: string[] = [];
let healthy = true;
const states = new Map<string, 'SERVING' | 'NOT_SERVING'>([['shop.Cart', 'SERVING']]);

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://app');
  response.setHeader('x-seen-from', request.socket.remoteAddress ?? '');
  if (pathname.startsWith('/hooks/')) hooks.push(pathname.slice('/hooks/'.length));
  if (pathname === '/fail' || pathname === '/mend') {
    healthy = pathname === '/mend';
    states.set('shop.Cart', healthy ? 'SERVING' : 'NOT_SERVING');
  }
  if (pathname === '/ready') response.statusCode = healthy ? 200 : 503;
  if (pathname === '/slow') return setTimeout(() => response.end('slow but whole'), Number(searchParams.get('ms')));
  if (pathname === '/call') return call(searchParams.get('url') ?? '').then((answer) => response.end(answer));
  if (pathname === '/hooks/stop') return setTimeout(() => response.end(), Number(searchParams.get('ms')));
  response.end(pathname === '/metrics' ? `app_hooks_total ${hooks.length}\n` : JSON.stringify({ hooks }));
});
server.listen(8080, '::', () => console.info('app listens'));
const sockets = new Set<Socket>();
const tcp = createTcpServer((socket) => {
  sockets.add(socket);
  socket.on('error', () => undefined);
}).listen(9090, '::');
const grpc = await startGrpcHealthApp(7070, '::', states);

function call(url: string): Promise<string> {
  return new Promise((resolve) => {
    const asked = get(url, { agent: false, timeout: 5000 }, (response) => {
      response.resume();
      response.on('end', () => resolve(`${response.statusCode} through ${response.headers['x-through']}`));
    });
    asked.on('timeout', () => asked.destroy(new Error('timeout')));
    asked.on('error', (error) => resolve(String(error)));
  });
}

process.on('SIGTERM', () => {
  console.info(`app ends; hooks: ${hooks.join()}`);
  tcp.close();
  grpc.close();
  for (const socket of sockets) socket.destroy();
  server.close(async () => {
    console.info(`last call: ${await call(process.env['CALL_AT_END'] ?? '')}`);
    process.exit(0);
  });
});
