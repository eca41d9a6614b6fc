import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type Server } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { TestCertificate } from '../envoy/test-certificates.ts';

export interface OutsideServers {
  stop(): Promise<void>;
}

/** Servers of an address that is not of the mesh: HTTP, HTTPS and one that speaks first, each on its port. */
export async function startOutside(
  host: string,
  ports: { readonly http: readonly number[]; readonly https: number; readonly first: number },
  certificate: TestCertificate,
): Promise<OutsideServers> {
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    response.setHeader('x-app-version', 'outside');
    response.end(
      JSON.stringify({
        host: request.headers.host,
        from: request.socket.remoteAddress,
        path: request.url,
        servername: request.socket instanceof TLSSocket ? request.socket.servername : undefined,
        names: request.rawHeaders.filter((_, i) => i % 2 === 0),
      }),
    );
  };
  const servers: Server[] = [
    ...ports.http.map((port) => createServer(answer).listen(port, host)),
    createTlsServer({ cert: certificate.certificate, key: certificate.key }, answer).listen(ports.https, host),
    createTcpServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.end('outside speaks first\n');
    }).listen(ports.first, host),
  ];
  await Promise.all(servers.map((server) => new Promise((done) => server.once('listening', done))));
  return {
    stop: async () => {
      await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
    },
  };
}
