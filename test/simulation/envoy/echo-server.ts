import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { performServerHandshake, type ServerHttp2Stream } from 'node:http2';
import { createServer, type Socket } from 'node:net';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import type { Pair, SeenRequest, SeenTls, Witness } from './observation.ts';

/**
 * A server that takes whatever comes at its ports, TLS within TLS, HTTP of both versions, bytes, and answers with what
 * it got and where.
 */
export function startEchoServers(ports: readonly number[], own: Pair): Promise<unknown> {
  const context = createSecureContext({ cert: own.certificate, key: own.key });
  const web = webServer();
  const listening = ports.map((port) => {
    const server = createServer({ noDelay: true }, (socket) =>
      serve(socket, { at: `${plain(socket.localAddress)}:${socket.localPort}`, tls: [] }, { context, web }),
    );
    return new Promise<void>((resolve) => server.listen(port, '0.0.0.0', 4096, resolve));
  });
  return Promise.all(listening);
}

const plain = (address = '') => address.replace('::ffff:', '');

interface Tools {
  readonly context: SecureContext;
  readonly web: Server;
}

const witnesses = new WeakMap<object, Witness>();

function serve(socket: Socket, witness: Witness, tools: Tools): void {
  socket.on('error', () => socket.destroy());
  socket.once('readable', () => {
    const first: Buffer | null = socket.read();
    if (first === null) return void socket.destroy();
    socket.unshift(first);
    if (first[0] === 0x16) return unwrap(socket, witness, tools);
    const beginning = first.toString('latin1', 0, 24);
    if (beginning.startsWith('PRI * HTTP/2')) {
      const session = performServerHandshake(socket);
      session.on('error', () => socket.destroy());
      session.on('stream', (stream, headers) => answerStream(stream, headers, witness));
    } else if (/^[A-Z]+ \S+ HTTP/.test(beginning) || /^(GET|PUT|POST|OPTIONS) /.test(beginning)) {
      witnesses.set(socket, witness);
      tools.web.emit('connection', socket);
    } else socket.end(`${JSON.stringify(witness)}\n`);
  });
}

function unwrap(socket: Socket, witness: Witness, tools: Tools): void {
  let alpn: readonly string[] = [];
  const inner = new TLSSocket(socket, {
    isServer: true,
    secureContext: tools.context,
    requestCert: true,
    rejectUnauthorized: false,
    ALPNCallback: ({ protocols }) => {
      alpn = protocols;
      return ['h2', 'http/1.1'].find((known) => protocols.includes(known)) ?? protocols[0];
    },
  });
  inner.on('error', () => socket.destroy());
  inner.on('secure', () => {
    // A server of Node's would have done so by now; HTTP/2 waits for it.
    Reflect.set(inner, 'secureConnecting', false);
    const servername: unknown = Reflect.get(inner, 'servername');
    const seen: SeenTls = {
      sni: typeof servername === 'string' ? servername : '',
      alpn,
      certificate: inner.getPeerX509Certificate() !== undefined,
    };
    serve(inner, { ...witness, tls: [...witness.tls, seen] }, tools);
  });
}

const common = { 'x-r': 'server' };

function webServer(): Server {
  const server = createHttp({ keepAliveTimeout: 3_600_000 }, (request, response) => answer(request, response));
  server.on('clientError', (_, socket) => socket.destroy());
  return server;
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { method = '', url = '', headers } = request;
  const { host = '' } = headers;
  const seen: SeenRequest = { version: 'http/1.1', method, path: url, authority: host, headers: texts(headers) };
  const witness = { ...witnesses.get(request.socket), request: seen };
  request.resume();
  response.writeHead(200, common).end(JSON.stringify(witness));
}

function answerStream(stream: ServerHttp2Stream, headers: NodeJS.Dict<string | string[]>, witness: Witness): void {
  const { ':method': method, ':path': path, ':authority': authority, ...rest } = texts(headers);
  const seen = { version: 'http/2', method, path, authority, headers: rest };
  stream.on('error', () => undefined);
  stream.respond({ ':status': 200, ...common });
  stream.end(JSON.stringify({ ...witness, request: seen }));
}

function texts(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : (value ?? '')]),
  );
}
