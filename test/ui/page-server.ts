import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { extname, join, normalize } from 'node:path';
import type { ApiError, ChangeAnswer, Graph } from '../../src/dashboard/api-types.ts';
import * as fixtures from './fixtures.ts';

/** What a path answers: a value as JSON, an error with its status, or nothing ever. */
export type Answer =
  | { readonly value: unknown }
  | { readonly status: number; readonly error: ApiError }
  | { readonly hangs: true };

export const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/**
 * The dashboard's server as far as its page can see, with answers that a test sets: the states of the page that a real mesh
 * reaches seldom or never.
 */
export class PageServer {
  readonly #folder: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #streams = new Set<ServerResponse>();
  #graph: Graph = fixtures.graph;
  #port = 0;
  readonly answers = new Map<string, Answer>();
  readonly #refusals = new Map<string, ApiError>();
  /** Requests that change something, in order: method, path, body. */
  readonly written: {
    readonly method: string;
    readonly path: string;
    readonly body: string;
    readonly ifMatch: string;
  }[] = [];
  token: string | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  get address(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  /** The same port each time, so that a page finds it again. */
  start(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.listen(this.#port, '127.0.0.1', () => {
        this.#port = (this.#server.address() as AddressInfo).port;
        resolve();
      });
    });
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#sockets) socket.destroy();
      this.#streams.clear();
    });
  }

  reset(): void {
    this.#graph = fixtures.graph;
    this.token = undefined;
    this.answers.clear();
    this.#refusals.clear();
    this.written.length = 0;
    for (const [path, value] of Object.entries(usual)) this.answers.set(path, { value });
  }

  /** What a change of it is answered from now on. */
  refuse(path: string, error: ApiError): void {
    this.#refusals.set(path, error);
  }

  /** What all open and later streams get. */
  push(graph: Graph): void {
    this.#graph = graph;
    for (const stream of this.#streams) stream.write(eventOf(graph));
  }

  /** Requests for `/graph/stream` that are open. */
  get streams(): number {
    return this.#streams.size;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (!pathname.startsWith('/api/')) return this.#file(pathname, response);
    const path = pathname.slice('/api/'.length);
    if (this.token !== undefined && request.headers.authorization !== `Bearer ${this.token}`) {
      const error = { code: 'OR4041', message: 'This dashboard wants a token.', remedy: 'Make one with kubectl.' };
      return send(response, 401, error);
    }
    const body = await bodyOf(request);
    if (request.method !== 'GET')
      this.written.push({ method: request.method ?? '', path, body, ifMatch: request.headers['if-match'] ?? '' });
    const answer = this.#answerTo(request.method, path);
    if ('hangs' in answer) return;
    if ('error' in answer) return send(response, answer.status, answer.error);
    if (path === 'graph/stream') return this.#stream(response);
    if (path === 'tap') return tapStream(response, answer.value as readonly string[]);
    if (path === 'injection-preview' && request.headers.accept === 'text/plain') {
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.end('--- before\n+++ after\n@@ -1 +1,2 @@\n kind: Pod\n+    - name: istio-proxy\n');
      return;
    }
    send(response, 200, typeof answer.value === 'function' ? answer.value(request, body) : answer.value);
  }

  #answerTo(method: string | undefined, path: string): Answer {
    const refusal = method === 'PUT' ? this.#refusals.get(path) : undefined;
    if (refusal !== undefined) return { status: 409, error: refusal };
    const error = { code: 'OR4030', message: `There is no ${path}.`, remedy: '' };
    return this.answers.get(path) ?? { status: 404, error };
  }

  #stream(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(eventOf(this.#graph));
    this.#streams.add(response);
    response.on('close', () => this.#streams.delete(response));
  }

  #file(pathname: string, response: ServerResponse): void {
    const name = pathname === '/' ? 'index.html' : normalize(pathname);
    try {
      const content = readFileSync(join(this.#folder, name));
      response.writeHead(200, {
        'content-type': types[extname(name)] ?? 'text/plain',
        'content-security-policy': policy,
      });
      response.end(content);
    } catch {
      response.writeHead(404).end();
    }
  }
}

const change = (request: IncomingMessage, body: string): ChangeAnswer => ({
  yaml: body,
  diff: `--- before\n+++ after\n@@ -9,3 +9,3 @@\n-          weight: 90\n+${/ weight: \d+/.exec(body)?.[0] ?? ''}\n`,
  findings: [],
  applied: request.method === 'PUT',
});

const usual: Readonly<Record<string, unknown>> = {
  state: fixtures.state,
  'graph/stream': fixtures.graph,
  graph: fixtures.graph,
  services: fixtures.services,
  'services/default/reviews': fixtures.servicePage,
  'workloads/default/reviews-v3': fixtures.workloadPage,
  'logs/default/reviews-v3-7d8f-x2': (request: IncomingMessage) =>
    fixtures.logOf(new URL(request.url ?? '/', 'http://localhost').searchParams.get('container') ?? 'reviews'),
  config: [
    fixtures.configPage,
    { ...fixtures.configPage, kind: 'PeerAuthentication', name: 'default', findings: [], affects: [], delivered: null },
  ],
  'config/VirtualService/default/reviews': (request: IncomingMessage, body: string) =>
    request.method === 'PUT' ? change(request, body) : fixtures.configPage,
  'config/preview': change,
  tap: fixtures.tapEvents,
  changes: fixtures.changes,
  security: fixtures.security,
  'fan-out': fixtures.fanOut,
  'injection-preview': fixtures.preview,
};

function eventOf(graph: Graph): string {
  return `event: graph\ndata: ${JSON.stringify(graph)}\n\n`;
}

/** Events that a tap tells at once; it stays open. */
function tapStream(response: ServerResponse, events: readonly string[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  for (const event of events) response.write(`${event}\n\n`);
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}
