import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttp2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { echoGrpc } from './grpc-echo.ts';
import { createApp } from './http-app.ts';
import { readSettings, type Settings } from './settings.ts';
import { echoWebSocket } from './websocket.ts';

/** The playground's app: one process a pod, each port with a protocol of its own. */
const settings = readSettings(process.env);
const servers: Server[] = settings.listen.map(({ protocol, port }) =>
  makeServer(protocol, settings).listen(port, '::', () =>
    console.info(`${settings.role} listens on ${protocol}:${port}`),
  ),
);

function makeServer(protocol: Settings['listen'][number]['protocol'], of: Settings): Server {
  if (protocol === 'tcp') return createTcpServer(echoTcp);
  if (protocol === 'tcp-first') return createTcpServer((socket) => greet(socket, of));
  if (protocol === 'grpc') {
    const server = createHttp2Server();
    server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => echoGrpc(of, stream, headers));
    return server;
  }
  const app = createApp(of);
  // The compatible API of HTTP/2 hands over requests and responses of the same shape.
  if (protocol === 'h2c') return createHttp2Server(app as unknown as Parameters<typeof createHttp2Server>[1] & object);
  return createHttpServer({ keepAliveTimeout: 75_000 }, app).on('upgrade', echoWebSocket);
}

function echoTcp(socket: Socket): void {
  socket.on('error', () => socket.destroy());
  socket.pipe(socket);
}

/** As databases and mail servers do: the server speaks first. */
function greet(socket: Socket, { pod, version }: Settings): void {
  socket.on('error', () => socket.destroy());
  socket.write(`hello from ${pod} ${version}\n`);
  socket.pipe(socket);
}

/** Clients hear of the end of a pod a moment after the pod does: those who still come are served. */
process.on('SIGTERM', () => {
  setTimeout(() => {
    for (const server of servers) server.close();
    setTimeout(() => process.exit(0), 1000).unref();
  }, 500);
});
