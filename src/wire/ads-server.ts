import { OutriggerError } from '../errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import { accessLogMethod, accessLogService, type TapStreams } from './access-log-service.ts';
import { AdsConnection, type ConnectionSurroundings } from './ads-connection.ts';
import { type CertifyKey, certificateMethod, certificateService } from './certificate-service.ts';
import type { Clock } from './clock.ts';
import type { GrpcCall } from './grpc/grpc-call.ts';
import { type GrpcLimits, GrpcServer } from './grpc/grpc-server.ts';
import { healthMethod, healthService, type MachineProbes } from './health-service.ts';
import type { Ledger } from './ledger.ts';
import { type PeerMethod, peerService } from './peers/peer-service.ts';
import type { PlanTimes } from './push-plan.ts';
import { PushQueue } from './push-queue.ts';
import { Rate, type RateLimit } from './rate.ts';
import { Seldom } from './seldom.ts';
import type { ServingCertificate } from './serving-certificate.ts';
import type { PeerAuthenticator, ProvenPeer, SessionFactory } from './session.ts';
import type { WireMetrics } from './wire-metrics.ts';

export interface AdsLimits {
  readonly streams: number;
  readonly newStreams: RateLimit;
  /** Of one stream; beyond it requests wait. */
  readonly requests: RateLimit;
  readonly firstRequestMs: number;
  /** Names of one type that one proxy may ask for. */
  readonly names: number;
}

export const defaultLimits: AdsLimits = {
  streams: 10_000,
  newStreams: { perSecond: 100, burst: 1_000 },
  requests: { perSecond: 2_000, burst: 10_000 },
  firstRequestMs: 10_000,
  names: 20_000,
};

export interface AdsServerOptions {
  readonly authenticator: PeerAuthenticator;
  readonly sessions: SessionFactory;
  readonly clock: Clock;
  readonly random: () => number;
  readonly ledger: Ledger;
  readonly metrics: WireMetrics;
  readonly log: Logger;
  readonly limits?: Partial<AdsLimits>;
  readonly times?: PlanTimes;
  /** Who looks at requests; without it nobody does. */
  readonly taps?: TapStreams;
  /** What other replicas are told; without it nothing. */
  readonly peers?: readonly PeerMethod[];
  /** Without it machines are not probed. */
  readonly probes?: MachineProbes;
  /** Without it nobody's own keys are certified. */
  readonly certify?: CertifyKey;
}

const service = 'envoy.service.discovery.v3.AggregatedDiscoveryService';

const transport: GrpcLimits = {
  messageBytes: 4 * 1024 * 1024,
  // A proxy has one; a connection with many is none.
  streamsPerConnection: 100,
  keepaliveMs: 30_000,
  keepaliveTimeoutMs: 10_000,
  handshakeMs: 10_000,
  handshakesAtOnce: 16,
};

/** Aggregated discovery over gRPC: a TLS port for proxies, and for tests a plaintext one on loopback. */
export class AdsServer {
  readonly #options: AdsServerOptions;
  readonly #limits: AdsLimits;
  readonly #newStreams: Rate;
  readonly #surroundings: ConnectionSurroundings;
  readonly #queue = new PushQueue({ now: () => performance.now(), defer: setImmediate });
  readonly #servers: GrpcServer[] = [];
  readonly #connections = new Set<AdsConnection>();
  /** Streams by which machines tell of their apps: each is a place, too. */
  readonly #probing = new Set<symbol>();
  #stopping = false;

  constructor(options: AdsServerOptions) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#newStreams = new Rate(this.#limits.newStreams, options.clock.now());
    const { requests, firstRequestMs, names } = this.#limits;
    const seldom = new Seldom(60_000);
    this.#surroundings = { ...options, queue: this.#queue, seldom, requests, firstRequestMs, mostNames: names };
  }

  /** Streams that are open. */
  get size(): number {
    return this.#connections.size;
  }

  /** Proxies that wait for their turn. */
  get queued(): number {
    return this.#queue.size;
  }

  /** The port for proxies. The answer is the port that was bound. Open it when the caches are complete: an empty answer empties proxies. */
  listen(address: { readonly host: string; readonly port: number }, certificate: ServingCertificate): Promise<number> {
    return this.#server(this.#surroundings).listen(address, certificate);
  }

  /** Without TLS and tokens, for tests and development: loopback alone, and everybody is `peer`. */
  listenInsecure(port: number, peer: ProvenPeer): Promise<number> {
    const authenticator: PeerAuthenticator = { authenticate: async () => peer };
    const surroundings = { ...this.#surroundings, authenticator, withoutToken: true } as const;
    return this.#server(surroundings).listenInsecure({ host: '127.0.0.1', port });
  }

  #server(surroundings: ConnectionSurroundings): GrpcServer {
    const methods = new Map([
      [`/${service}/StreamAggregatedResources`, (call: GrpcCall) => this.#accept(call, 'sotw', surroundings)],
      [`/${service}/DeltaAggregatedResources`, (call: GrpcCall) => this.#accept(call, 'delta', surroundings)],
    ]);
    const { certify, clock, authenticator, taps, peers, probes } = this.#options;
    const { newStreams: rate, firstRequestMs: answerMs } = this.#limits;
    // Where everybody is who they say, nobody is certified, and nobody tells anything.
    const proven = surroundings.withoutToken !== true;
    if (certify !== undefined && proven)
      methods.set(certificateMethod, certificateService({ authenticator, certify, clock, rate, answerMs }));
    if (taps !== undefined && proven)
      methods.set(accessLogMethod, accessLogService({ authenticator, taps, clock, rate, firstMessageMs: answerMs }));
    for (const method of (proven && peers) || [])
      methods.set(method.path, peerService({ method, clock, firstMessageMs: answerMs }));
    if (probes !== undefined && proven)
      methods.set(
        healthMethod,
        healthService({
          authenticator,
          probes,
          clock,
          rate,
          firstMessageMs: answerMs,
          enter: () => this.#enterProbing(),
        }),
      );
    const server = new GrpcServer({ methods, clock: this.#options.clock, limits: transport });
    this.#servers.push(server);
    return server;
  }

  #accept(call: GrpcCall, protocol: 'delta' | 'sotw', surroundings: ConnectionSurroundings): void {
    const connection = new AdsConnection(call, protocol, surroundings);
    const refusal = this.#refusal();
    this.#connections.add(connection);
    const running = connection.run(() => this.#connections.delete(connection));
    if (refusal !== undefined) connection.end(refusal);
    running.catch((error) => this.#options.log.error({ err: error }, 'a configuration stream failed'));
  }

  #full(): OutriggerError | undefined {
    const open = this.#connections.size + this.#probing.size;
    return open < this.#limits.streams ? undefined : new OutriggerError('OR2007', `there are ${open} streams already`);
  }

  /** Throws OR2007, OR2008. */
  #enterProbing(): () => void {
    const refusal = this.#stopping ? stopping() : this.#full();
    if (refusal !== undefined) throw refusal;
    const place = Symbol('probing');
    this.#probing.add(place);
    return () => void this.#probing.delete(place);
  }

  #refusal(): OutriggerError | undefined {
    if (this.#stopping) return stopping();
    const full = this.#full();
    if (full !== undefined) return full;
    if (this.#newStreams.take(this.#options.clock.now())) return undefined;
    return new OutriggerError('OR2007', `more than ${this.#limits.newStreams.perSecond} new streams a second`);
  }

  /** Streams end with UNAVAILABLE, connections with GOAWAY; what is left after `deadlineMs` is cut. */
  async stop(deadlineMs = 5_000): Promise<void> {
    this.#stopping = true;
    const closed = this.#servers.map((server) => server.close());
    for (const connection of [...this.#connections]) {
      connection.end(stopping());
    }
    let cancel: () => void = () => undefined;
    const late = new Promise<void>((resolve) => {
      cancel = this.#options.clock.after(deadlineMs, resolve);
    });
    await Promise.race([Promise.all(closed), late]);
    cancel();
    for (const server of this.#servers) server.destroy();
  }
}

const stopping = (): OutriggerError => new OutriggerError('OR2008', 'this control plane is stopping');
