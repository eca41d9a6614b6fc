import type { FastifyPluginCallback } from 'fastify';
import type { ReadinessCheck } from '../http/health.ts';
import { createHttpServer, type HttpLimits, type HttpServer } from '../http/server.ts';
import type { ServingPair } from '../identity/serving-pair.ts';
import type { Component } from './component.ts';
import type { Config } from './config.ts';

export interface ServerOptions {
  readonly settings: Config['server'];
  readonly certificates: { readonly pair: ServingPair; onPair(listener: (pair: ServingPair) => void): void };
  readonly plugins: readonly FastifyPluginCallback[];
  readonly onFault: (error: unknown) => void;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** Milliseconds without a request after which a client is taken to know that this replica leaves. */
const quietMs = 5000;

/**
 * The TLS server. Stopping: not ready first, each answer ends its connection, then none is accepted, what is under way is
 * answered, all is closed. With a delay, clients that still send are waited for: Go's, of which the API server's is one,
 * does not try a POST again that meets a connection just being closed.
 */
export class ServerComponent implements Component {
  readonly name = 'server';
  readonly #options: ServerOptions;
  #server: HttpServer | undefined;
  #port = 0;
  #stopping = false;

  constructor(options: ServerOptions) {
    this.#options = options;
  }

  /** The port in use; 0 before the start. */
  get port(): number {
    return this.#port;
  }

  readonly readiness: ReadinessCheck = {
    name: 'server',
    problem: () => (this.#stopping ? 'it is stopping' : undefined),
  };

  async start(): Promise<void> {
    const { settings, certificates, plugins, onFault } = this.#options;
    const server = createHttpServer({ limits: limitsOf(settings), pair: certificates.pair, plugins, onFault });
    certificates.onPair((pair) => server.swapCertificate(pair));
    this.#server = server;
    this.#port = await server.listen({ host: settings.host, port: settings.port });
  }

  async stop(): Promise<void> {
    const { preStopDelaySeconds, drainSeconds } = this.#options.settings;
    this.#stopping = true;
    // A request on its way over a connection that is closed under it would be lost.
    this.#server?.sayGoodbye();
    if (this.#port !== 0 && preStopDelaySeconds > 0) {
      await this.#options.sleep(preStopDelaySeconds * 1000);
      await this.#server?.forsaken(quietMs, drainSeconds * 1000);
    }
    await this.#server?.close(drainSeconds * 1000);
  }
}

/** As the HTTP server takes them. */
export function limitsOf(settings: Config['server']): HttpLimits {
  return {
    handshakeTimeoutMs: settings.handshakeTimeoutSeconds * 1000,
    headersTimeoutMs: settings.headersTimeoutSeconds * 1000,
    requestTimeoutMs: settings.requestTimeoutSeconds * 1000,
    inactivityTimeoutMs: settings.inactivityTimeoutSeconds * 1000,
    keepAliveMs: settings.keepAliveSeconds * 1000,
    bodyLimitBytes: settings.bodyLimitBytes,
  };
}
