import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** A server outside of the mesh, and what it has seen. */
export interface StrangeServer {
  readonly port: number;
  readonly seen: readonly string[];
  stop(): Promise<void>;
}

/** Sends back what comes; `seen` is all that came, by connection. */
export async function startEcho(host: string): Promise<StrangeServer> {
  const seen: string[] = [];
  const server = createTcpServer((socket) => {
    const place = seen.push('') - 1;
    socket.on('data', (data) => {
      seen[place] += data.toString('latin1');
      socket.write(data);
    });
  });
  return await listen(server, host, seen);
}

/** An HTTP proxy that answers for whatever it is asked to connect to, by an echo; `seen` are its request lines. */
export async function startTunnelEnd(host: string): Promise<StrangeServer> {
  const seen: string[] = [];
  const server = createHttpServer((request, response) => {
    seen.push(`${request.method} ${request.headers.host}`);
    response.writeHead(200);
    response.flushHeaders();
    request.pipe(response);
  });
  server.on('connect', (request, socket: Socket) => {
    seen.push(`CONNECT ${request.url}`);
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    socket.pipe(socket);
  });
  return await listen(server, host, seen);
}

/** HTTP/2 without TLS; `seen` has one entry for each ping of a client. */
export async function startHttp2(host: string): Promise<StrangeServer> {
  const seen: string[] = [];
  const server = createHttp2Server((_, response) => response.end('ok'));
  server.on('session', (session) => session.on('ping', () => seen.push('ping')));
  return await listen(server, host, seen);
}

/** HTTPS that takes clients of one CA alone; `seen` are the names of their certificates. */
export async function startMutualTls(
  host: string,
  own: { readonly certificate: string; readonly key: string },
  clients: string,
): Promise<StrangeServer> {
  const seen: string[] = [];
  const options = { cert: own.certificate, key: own.key, ca: clients, requestCert: true, rejectUnauthorized: true };
  const server = createHttpsServer(options, (request, response) => {
    seen.push(String((request.socket as TLSSocket).getPeerCertificate().subject.CN));
    response.end('ok');
  });
  return await listen(server, host, seen);
}

async function listen(server: Server, host: string, seen: readonly string[]): Promise<StrangeServer> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
  });
  await new Promise<void>((done) => server.listen(0, host, done));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    seen,
    stop: async () => {
      const closed = new Promise((done) => server.close(done));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
