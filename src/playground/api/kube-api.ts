import { randomBytes, timingSafeEqual } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { JsonObject } from '../../model/json.ts';
import type { SourceObject } from '../../source/object-source.ts';
import { parseApiPath, selectObjects } from './list-objects.ts';
import { servePortForward } from './port-forward.ts';

export interface KubeApiOptions {
  /** All that is there now. */
  readonly objects: () => Iterable<SourceObject>;
  /** A connection to a port of a pod's loopback. */
  readonly dial: (pod: { readonly namespace: string; readonly name: string }, port: number) => Promise<Duplex>;
  /** Of the kubeconfig; readable for its owner alone. */
  readonly kubeconfig: string;
}

/**
 * As much of the Kubernetes API as commands need that look at a mesh: GET of lists and objects, and port-forwards. On
 * loopback, for whoever can read the kubeconfig.
 */
export class KubeApi {
  readonly #options: KubeApiOptions;
  readonly #token = randomBytes(24).toString('hex');
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();

  constructor(options: KubeApiOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => this.#answer(request, response));
    this.#server.on('upgrade', (request, socket) => this.#upgrade(request, socket));
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = this.#server.address() as AddressInfo;
    // client-node takes no plain HTTP without it; this is loopback.
    const cluster = { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true };
    const config = {
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'playground' },
      clusters: [{ name: 'playground', cluster }],
      users: [{ name: 'playground', user: { token: this.#token } }],
      contexts: [{ name: 'playground', context: { cluster: 'playground', user: 'playground' } }],
    };
    writeFileSync(this.#options.kubeconfig, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #allowed({ headers }: IncomingMessage): boolean {
    const given = Buffer.from(String(headers.authorization ?? ''));
    const wanted = Buffer.from(`Bearer ${this.#token}`);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { code, body } = this.#find(request);
    response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  #find(request: IncomingMessage): Answer {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const path = parseApiPath(pathname);
    if (!this.#allowed(request)) return refusal(401, 'Unauthorized');
    if (request.method !== 'GET') return refusal(405, 'the playground follows its manifests: edit these');
    if (path === undefined || path.subresource !== '' || searchParams.get('watch') === 'true')
      return refusal(404, 'the playground has only lists and objects');
    const [labels, fields] = ['labelSelector', 'fieldSelector'].map((name) => searchParams.get(name) ?? '');
    const items = selectObjects(this.#options.objects(), path, { labels: labels ?? '', fields: fields ?? '' });
    const list = { kind: 'List', apiVersion: path.apiVersion, metadata: { resourceVersion: '1' }, items };
    if (path.name === '') return { code: 200, body: list };
    const [found] = items;
    if (found === undefined) return refusal(404, `${path.plural} "${path.name}" not found`);
    return { code: 200, body: found };
  }

  #upgrade(request: IncomingMessage, socket: Duplex): void {
    const path = parseApiPath(new URL(request.url ?? '/', 'http://localhost').pathname);
    const code = !this.#allowed(request)
      ? '401 Unauthorized'
      : path?.subresource !== 'portforward'
        ? '404 Not Found'
        : '';
    if (path === undefined || code !== '') {
      socket.end(`HTTP/1.1 ${code}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    servePortForward(request, socket, (port) => this.#options.dial(path, port));
  }
}

interface Answer {
  readonly code: number;
  readonly body: JsonObject;
}

function refusal(code: number, message: string): Answer {
  return { code, body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code } };
}
