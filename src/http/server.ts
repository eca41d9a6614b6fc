import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import Fastify, { type FastifyInstance, type FastifyPluginCallback } from 'fastify';
import { OutriggerError } from '../errors.ts';
import type { ServingPair } from '../identity/serving-pair.ts';
import { answerBrokenConnection, codedErrorHandler, notFoundHandler, RouteTable } from './coded-answers.ts';
import { addPageHeaders, addSecurityHeaders } from './security-headers.ts';

/** Milliseconds unless named otherwise. */
export interface HttpLimits {
  readonly handshakeTimeoutMs: number;
  readonly headersTimeoutMs: number;
  /** From the first byte of a request to its last. */
  readonly requestTimeoutMs: number;
  /** A connection with a request under way that moves no byte. */
  readonly inactivityTimeoutMs: number;
  /** An idle connection between two requests. */
  readonly keepAliveMs: number;
  readonly bodyLimitBytes: number;
}

/** Istio's injector: headers 30 s, idle 90 s, body 6 MiB. Headers here are given less: an API server sends at once. */
export const defaultLimits: HttpLimits = {
  handshakeTimeoutMs: 10_000,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  inactivityTimeoutMs: 30_000,
  keepAliveMs: 90_000,
  bodyLimitBytes: 6 * 1024 * 1024,
};

export interface PlainServerOptions {
  readonly limits: HttpLimits;
  /** In the order in which they are added. */
  readonly plugins: readonly FastifyPluginCallback[];
  readonly onFault: (error: unknown) => void;
}

export interface HttpServerOptions extends PlainServerOptions {
  /** The pair to begin with; `swapCertificate` changes it while the server runs. */
  readonly pair: ServingPair;
}

export interface PlainServer {
  readonly app: FastifyInstance;
  /** Resolves to the port in use. Throws OR1004, OR1005. */
  listen(address: Address): Promise<number>;
  /** From now on each answer ends its connection: a client that keeps them opens its next one elsewhere. */
  sayGoodbye(): void;
  /** Resolves when no connection is open, when no request but those for health came for `quietMs`, or after `deadlineMs`: meanwhile all is answered. */
  forsaken(quietMs: number, deadlineMs: number): Promise<void>;
  /** No new connection; what is under way is answered, within `deadlineMs`; then all is closed. */
  close(deadlineMs: number): Promise<void>;
}

export interface HttpServer extends PlainServer {
  /** New connections get this pair; open ones live on with theirs. */
  swapCertificate(pair: ServingPair): void;
}

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { limits, pair } = options;
  const https = { ...tlsOptions(pair), ...nodeOptions(limits), handshakeTimeout: limits.handshakeTimeoutMs };
  const app = Fastify({ https, ...fastifyOptions(options) });
  addSecurityHeaders(app);
  const server: HttpsServer = app.server;
  return { ...furnish(app, options, 'OR1107'), swapCertificate: (next) => server.setSecureContext(tlsOptions(next)) };
}

/** Without TLS and with a page: for ports that a port-forward, Prometheus or a proxy in front reaches. */
export function createPlainServer(options: PlainServerOptions): PlainServer {
  const app: FastifyInstance = Fastify({ http: nodeOptions(options.limits), ...fastifyOptions(options) });
  addPageHeaders(app);
  return furnish(app, options, 'OR1116');
}

function fastifyOptions({ limits, onFault }: PlainServerOptions) {
  return {
    bodyLimit: limits.bodyLimitBytes,
    requestTimeout: limits.requestTimeoutMs,
    connectionTimeout: limits.inactivityTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    return503OnClosing: false,
    clientErrorHandler: answerBrokenConnection,
    frameworkErrors: codedErrorHandler(onFault),
    routerOptions: { maxParamLength: 4096 },
  };
}

/** What both have in common, in an order that matters: routes are counted from the first plugin on. */
function furnish(
  app: FastifyInstance,
  { limits, plugins, onFault }: PlainServerOptions,
  unknownPath: 'OR1107' | 'OR1116',
): PlainServer {
  const routes = new RouteTable();
  app.server.headersTimeout = limits.headersTimeoutMs;
  const sockets = trackSockets(app.server);
  app.addHook('onRoute', (route) => routes.add(route.url, route.method));
  let leaving = false;
  let lastRequest = 0;
  app.addHook('onRequest', (request, reply, done) => {
    // The kubelet looks whether it is ready until it is gone.
    if (!request.url.startsWith('/healthz/')) lastRequest = performance.now();
    if (leaving) reply.raw.setHeader('connection', 'close');
    done();
  });
  app.setNotFoundHandler(notFoundHandler(routes, unknownPath));
  app.setErrorHandler(codedErrorHandler(onFault));
  for (const plugin of plugins) app.register(plugin);
  return {
    app,
    listen: (address) => listen(app, address),
    sayGoodbye: () => {
      leaving = true;
    },
    forsaken: (quietMs, deadlineMs) =>
      until(() => sockets.size === 0 || performance.now() - lastRequest >= quietMs, deadlineMs),
    close: (deadlineMs) => close(app, sockets, deadlineMs),
  };
}

function tlsOptions(pair: ServingPair) {
  return { cert: pair.chainPem, key: pair.keyPem, minVersion: 'TLSv1.2' } as const;
}

function nodeOptions(limits: HttpLimits) {
  // Node looks for overdue requests only every 30 s by default, which would make the timeouts that much longer.
  const connectionsCheckingInterval = Math.max(50, Math.min(1000, Math.floor(limits.headersTimeoutMs / 4)));
  return { connectionsCheckingInterval, noDelay: true };
}

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Fastify makes a second server for the name localhost, which no certificate swap would reach. */
async function listen(app: FastifyInstance, address: Address): Promise<number> {
  const host = address.host === 'localhost' ? '127.0.0.1' : address.host;
  try {
    await app.listen({ ...address, host }).catch((error) => {
      if (host !== '::' || errorCode(error) !== 'EAFNOSUPPORT') throw error;
      return app.listen({ ...address, host: '0.0.0.0' });
    });
  } catch (error) {
    throw listenError(error, address);
  }
  const bound = app.server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : address.port;
}

function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function listenError(error: unknown, { host, port }: Address): unknown {
  const code = errorCode(error);
  if (code === 'EADDRINUSE') return new OutriggerError('OR1004', `port ${port} of ${host} is taken`, { cause: error });
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAFNOSUPPORT') {
    return new OutriggerError('OR1005', `${host} port ${port}: ${code}`, { cause: error });
  }
  return error;
}

/** Every open connection, also those that Node's HTTP server does not know yet: their handshake is not over. */
function trackSockets(server: FastifyInstance['server']): Set<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}

/** Looks 50 times a second. */
async function until(condition: () => boolean, deadlineMs: number): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!condition() && performance.now() < end) await sleep(20);
}

/**
 * Node closes idle connections once when it stops listening; one that becomes idle later would stay open. Each time what
 * has arrived is read first: a connection with an unread request is no idle one.
 */
async function close(app: FastifyInstance, sockets: Iterable<Socket>, deadlineMs: number): Promise<void> {
  const sweep = setInterval(() => setImmediate(() => app.server.closeIdleConnections()), 20);
  const deadline = setTimeout(() => {
    for (const socket of sockets) socket.destroy();
  }, deadlineMs);
  try {
    await nextTurn();
    await app.close();
  } finally {
    clearInterval(sweep);
    clearTimeout(deadline);
  }
}
