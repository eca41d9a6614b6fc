import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { type AddressInfo, createServer as createPort, type Server as Port, type Socket } from 'node:net';
import type { Clock } from '../clock.ts';
import type { ServingCertificate } from '../serving-certificate.ts';
import { Connection, type KeepaliveTimes } from './connection.ts';
import { GrpcCall } from './grpc-call.ts';
import { Handshakes } from './handshakes.ts';
import { statusCodes } from './status.ts';

export interface GrpcServerOptions {
  /** By path: `/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources`. */
  readonly methods: ReadonlyMap<string, (call: GrpcCall) => void>;
  readonly clock: Clock;
  readonly limits: GrpcLimits;
}

export interface GrpcLimits extends KeepaliveTimes {
  /** Of one message of a client. */
  readonly messageBytes: number;
  readonly streamsPerConnection: number;
  readonly handshakeMs: number;
  readonly handshakesAtOnce: number;
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const settingsOf = ({ streamsPerConnection }: GrpcLimits) => ({
  settings: { maxConcurrentStreams: streamsPerConnection, enablePush: false },
  noDelay: true,
});

/**
 * Streams of messages by gRPC over HTTP/2 (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md), straight on Node's
 * HTTP/2: a connection costs a third of the memory that it costs through grpc-js. Decision 0088.
 */
export class GrpcServer {
  readonly #options: GrpcServerOptions;
  readonly #ports: Port[] = [];
  readonly #connections = new Map<ServerHttp2Session, Connection>();
  /** Of TCP, by the address and port of the client. */
  readonly #sockets = new Map<string, Socket>();

  constructor(options: GrpcServerOptions) {
    this.#options = options;
  }

  /** Of TCP, whatever they have come to. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** TLS 1.2 at least, with the certificate of the moment for each new connection. Resolves with the port. */
  listen(address: ListenAddress, certificate: ServingCertificate): Promise<number> {
    const { limits, clock } = this.#options;
    const context = () => ({ ...certificate.current, minVersion: 'TLSv1.2' as const });
    // Proxies have none: what a certificate proves counts where it is asked for.
    const asking = { requestCert: certificate.current.ca !== undefined, rejectUnauthorized: false };
    const secure = createSecureServer({
      ...{ ...settingsOf(limits), ...context(), ...asking },
      handshakeTimeout: limits.handshakeMs,
    });
    const handshakes = new Handshakes({
      ...{ atOnce: limits.handshakesAtOnce, patienceMs: 250, clock },
      begin: (socket) => secure.emit('connection', socket),
    });
    secure.on('secureConnection', (socket) => handshakes.done(socket));
    secure.on('tlsClientError', (_, socket) => handshakes.done(socket));
    secure.on('unknownProtocol', (socket) => socket.destroy());
    this.#serve(secure);
    const port = createPort({ pauseOnConnect: true, noDelay: true }, (socket) => {
      this.#count(socket);
      handshakes.add(socket);
    });
    const stopListening = certificate.onUpdate(() => secure.setSecureContext(context()));
    port.on('close', stopListening);
    return this.#open(port, address);
  }

  /** Without TLS. Resolves with the port. */
  listenInsecure(address: ListenAddress): Promise<number> {
    const plain = createServer(settingsOf(this.#options.limits));
    // Ahead of HTTP/2, which begins with it.
    plain.prependListener('connection', (socket: Socket) => this.#count(socket));
    this.#serve(plain);
    return this.#open(plain, address);
  }

  #count(socket: Socket): void {
    const client = clientOf(socket);
    this.#sockets.set(client, socket);
    socket.once('close', () => {
      if (this.#sockets.get(client) === socket) this.#sockets.delete(client);
    });
  }

  #serve(server: Http2Server | Http2SecureServer): void {
    server.on('session', (session: ServerHttp2Session) => this.#keep(session));
    server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => this.#accept(stream, headers));
    server.on('sessionError', () => undefined);
  }

  #open(port: Port, address: ListenAddress): Promise<number> {
    return new Promise((resolve, reject) => {
      port.once('error', reject);
      port.listen(address.port, address.host, () => {
        port.off('error', reject);
        port.on('error', () => undefined);
        this.#ports.push(port);
        resolve((port.address() as AddressInfo).port);
      });
    });
  }

  #keep(session: ServerHttp2Session): void {
    const socket = this.#sockets.get(clientOf(session.socket));
    // A session that is destroyed keeps its socket until all is written, and a client that reads nothing decides when that is.
    const cut = () => (socket === undefined ? session.destroy() : socket.destroy());
    const { clock, limits } = this.#options;
    this.#connections.set(session, new Connection({ session, cut, clock, times: limits }));
    session.on('close', () => this.#connections.delete(session));
  }

  #accept(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const { methods, clock, limits } = this.#options;
    const call = new GrpcCall({ stream, headers, clock, mostBytes: limits.messageBytes });
    const connection =
      stream.session === undefined ? undefined : this.#connections.get(stream.session as ServerHttp2Session);
    connection?.callBegan();
    stream.on('close', () => connection?.callEnded());
    // What is no gRPC gets an answer of HTTP: PROTOCOL-HTTP2.md, "Requests".
    if (!/^application\/grpc(?:[+;]|$)/.test(call.header('content-type')) || headers[':method'] !== 'POST') {
      stream.respond({ ':status': 415, accept: 'application/grpc' }, { endStream: true });
      return;
    }
    const handler = methods.get(call.header(':path'));
    if (handler === undefined) {
      call.end({ code: statusCodes.UNIMPLEMENTED, message: `there is no method ${call.header(':path')}` });
      return;
    }
    handler(call);
  }

  /** No new connections and calls; resolves when those that are open have ended. */
  async close(): Promise<void> {
    const closed = this.#ports.map((port) => new Promise<void>((resolve) => port.close(() => resolve())));
    for (const session of [...this.#connections.keys()]) session.close();
    await Promise.all(closed);
  }

  /** Cuts what is left. */
  destroy(): void {
    for (const session of [...this.#connections.keys()]) session.destroy();
    for (const socket of [...this.#sockets.values()]) socket.destroy();
  }
}

const clientOf = ({ remoteAddress, remotePort }: Pick<Socket, 'remoteAddress' | 'remotePort'>): string =>
  `${remoteAddress} ${remotePort}`;
