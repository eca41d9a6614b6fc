import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type Http2Server } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import type { TestCertificate } from './test-certificates.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

interface Closeable {
  listen(port: number, host: string, listening: () => void): unknown;
  on(event: 'error', failed: (error: Error) => void): unknown;
  close(): unknown;
}

function listening<T extends Closeable>(server: T, port: number, host: string): Promise<T> {
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

export function startHttpApp(port: number, host: string, handler: Handler): Promise<Server> {
  return listening(createServer(handler), port, host);
}

export function startHttpsApp(
  port: number,
  host: string,
  app: { handler: Handler; identity: TestCertificate },
): Promise<Server> {
  return listening(
    createHttpsServer({ cert: app.identity.certificate, key: app.identity.key }, app.handler),
    port,
    host,
  );
}

export function startTcpApp(port: number, host: string): Promise<TcpServer> {
  return listening(
    createTcpServer((socket) => socket.on('error', () => undefined).end()),
    port,
    host,
  );
}

/** grpc.health.v1.Health/Check: the service asked for is looked up in `states`; an unknown one is NOT_FOUND (5). */
export function startGrpcHealthApp(
  port: number,
  host: string,
  states: ReadonlyMap<string, 'SERVING' | 'NOT_SERVING'>,
): Promise<Http2Server> {
  const server = createHttp2Server();
  server.on('stream', (stream, headers) => {
    const chunks: Buffer[] = [];
    stream.on('error', () => undefined);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      // HealthCheckRequest{service = 1} behind the five bytes of a gRPC frame.
      const service = Buffer.concat(chunks).subarray(7).toString();
      const state = headers[':path'] === '/grpc.health.v1.Health/Check' ? states.get(service) : undefined;
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': state === undefined ? '5' : '0' }));
      stream.end(state === undefined ? undefined : Buffer.from([0, 0, 0, 0, 2, 8, state === 'SERVING' ? 1 : 2]));
    });
  });
  return listening(server, port, host);
}
