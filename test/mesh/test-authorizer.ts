import { createServer, type IncomingMessage } from 'node:http';
import { Server, ServerCredentials } from '@grpc/grpc-js';

/** Somebody who is asked about requests, by HTTP and by gRPC: who says `let-me-in` may pass. */
export interface TestAuthorizer {
  /** What was asked by HTTP. */
  readonly asked: IncomingMessage[];
  /** Questions by gRPC, as they came. */
  readonly calls: Buffer[];
  /** The answer to what says nothing: connections. */
  verdict: 'allow' | 'deny';
  stop(): Promise<void>;
}

const word = 'let-me-in';
const same = (bytes: Buffer): Buffer => bytes;

/** `CheckResponse` with `status` (1) whose `code` (1) is 0 or 7, PERMISSION_DENIED. */
const responses = { allow: Buffer.from([0x0a, 0x00]), deny: Buffer.from([0x0a, 0x02, 0x08, 0x07]) };

export async function startAuthorizer(host: string, ports: { http: number; grpc: number }): Promise<TestAuthorizer> {
  const asked: IncomingMessage[] = [];
  const calls: Buffer[] = [];
  const http = createServer((request, response) => {
    asked.push(request);
    request.resume();
    const allowed = request.headers['x-ext-authz'] === word;
    response.setHeader('x-verdict', allowed ? 'good' : 'bad');
    response.writeHead(allowed ? 200 : 403).end(allowed ? '' : 'not you');
  });
  await new Promise<void>((resolve) => http.listen(ports.http, host, resolve));
  const authorizer = { asked, calls, verdict: 'deny' as 'allow' | 'deny' };
  const grpc = new Server();
  grpc.addService(
    {
      check: {
        path: '/envoy.service.auth.v3.Authorization/Check',
        ...{ requestStream: false, responseStream: false, originalName: 'check' },
        ...{ requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same },
      },
    },
    {
      check: (call: { request: Buffer }, answer: (error: null, bytes: Buffer) => void) => {
        calls.push(call.request);
        answer(null, call.request.includes(word) ? responses.allow : responses[authorizer.verdict]);
      },
    },
  );
  await new Promise<void>((resolve, reject) =>
    grpc.bindAsync(`${host}:${ports.grpc}`, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    ),
  );
  return Object.assign(authorizer, {
    stop: async () => {
      grpc.forceShutdown();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  });
}
