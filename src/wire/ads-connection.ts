import { OutriggerError } from '../errors.ts';
import { bearerToken } from './bearer-token.ts';
import { type Dialect, deltaDialect, SotwDialect, type WireRequest } from './dialect.ts';
import type { GrpcCall } from './grpc/grpc-call.ts';
import { ProxyStream, type StreamSurroundings } from './proxy-stream.ts';
import { Rate, type RateLimit } from './rate.ts';
import type { Seldom } from './seldom.ts';
import type { PeerAuthenticator, ProvenPeer, SessionFactory } from './session.ts';
import { type StreamPhase, statusOf } from './stream-status.ts';

export interface ConnectionSurroundings extends StreamSurroundings {
  readonly authenticator: PeerAuthenticator;
  readonly sessions: SessionFactory;
  /** In [0, 1). */
  readonly random: () => number;
  readonly seldom: Seldom;
  readonly firstRequestMs: number;
  readonly requests: RateLimit;
  /** The port of tests: what the authenticator says of no token at all holds for everybody. */
  readonly withoutToken?: true;
}

/** Timers of Node end at 24.8 days. */
const longestTimerMs = 2_000_000_000;

/** One stream, from its headers to its status. */
export class AdsConnection {
  readonly #call: GrpcCall;
  readonly #protocol: 'delta' | 'sotw';
  readonly #dialect: Dialect;
  readonly #with: ConnectionSurroundings;
  readonly #aborted = new AbortController();
  readonly #rate: Rate;
  #phase: StreamPhase = 'authentication';
  #who: string;
  #stream: ProxyStream | undefined;
  #cancelTimer: () => void = () => undefined;

  constructor(call: GrpcCall, protocol: 'delta' | 'sotw', surroundings: ConnectionSurroundings) {
    this.#call = call;
    this.#protocol = protocol;
    this.#dialect = protocol === 'delta' ? deltaDialect : new SotwDialect();
    this.#with = surroundings;
    this.#rate = new Rate(surroundings.requests, surroundings.clock.now());
    // Without the port: that is another one at each attempt.
    this.#who = call.peer.replace(/:[0-9]+$/, '');
  }

  /** Resolves when the stream is open or has failed; `onEnd` runs when it is over. */
  async run(onEnd: () => void): Promise<void> {
    const { metrics } = this.#with;
    metrics.streams(1, this.#protocol);
    this.#aborted.signal.addEventListener('abort', () => {
      metrics.streams(-1, this.#protocol);
      onEnd();
    });
    try {
      await this.#open();
    } catch (error) {
      this.end(error);
    }
  }

  async #open(): Promise<void> {
    const { authenticator, sessions } = this.#with;
    const { signal } = this.#aborted;
    const token = this.#with.withoutToken === true ? '' : bearerToken(this.#call.header('authorization'));
    const [peer, first] = await Promise.all([authenticator.authenticate(token, signal), this.#firstRequest()]);
    this.#phase = 'opening';
    this.#who =
      peer.pod === undefined ? `${peer.namespace}/${peer.serviceAccount}` : `${peer.namespace}/${peer.pod.name}`;
    const { node } = first;
    if (node === undefined || node.id === '') throw new OutriggerError('OR2006', 'the first request has no node.id');
    const session = await sessions.open(peer, { ...node, delta: this.#protocol === 'delta' }, signal);
    if (signal.aborted) {
      session.close();
      return;
    }
    this.#phase = 'running';
    const writer = { write: (message: Buffer) => this.#call.write(message), fail: (error: unknown) => this.end(error) };
    const identity = { session, dialect: this.#dialect, protocol: this.#protocol, envoyVersion: node.envoyVersion };
    const stream = new ProxyStream(writer, identity, this.#with);
    this.#stream = stream;
    this.#endWith(peer);
    // In turn: after a restart all come at once, and the first answer is most of the work for a proxy.
    this.#with.queue.add({
      push: () => {
        stream.receive(first);
        this.#call.resume();
      },
    });
  }

  /** The call is left paused: what comes next waits, held by flow control. */
  #firstRequest(): Promise<WireRequest> {
    const { clock, firstRequestMs } = this.#with;
    return new Promise((resolve, reject) => {
      const late = new OutriggerError('OR2005', `there was no request within ${firstRequestMs} ms`);
      this.#cancelTimer = clock.after(firstRequestMs, () => reject(late));
      this.#call.listen({
        message: (bytes) => {
          if (this.#stream !== undefined) return this.#receive(this.#stream, bytes);
          this.#call.pause();
          this.#cancelTimer();
          try {
            resolve(this.#dialect.read(bytes));
          } catch (error) {
            reject(error);
          }
        },
        halfClosed: () => {
          if (this.#stream === undefined) reject(late);
          else this.end(new OutriggerError('OR2008', 'the proxy has no more requests'));
        },
        drained: () => this.#stream?.drained(),
        // A client that goes away is no fault of anybody.
        closed: () => {
          this.#close();
          reject(late);
        },
      });
    });
  }

  #receive(stream: ProxyStream, bytes: Buffer): void {
    const { clock } = this.#with;
    // Too many requests are not refused: they wait, and with them this proxy alone.
    if (!this.#rate.take(clock.now())) {
      this.#call.pause();
      clock.after(this.#rate.waitMs, () => this.#call.resume());
    }
    try {
      stream.receive(this.#dialect.read(bytes));
    } catch (error) {
      this.end(error);
    }
  }

  /** A bit before the token ends, each at its own moment: the proxy comes again with a fresh one. */
  #endWith({ expiresAt }: ProvenPeer): void {
    const { clock, random } = this.#with;
    const left = expiresAt - clock.now();
    const early = Math.min(60_000, left / 10) * random();
    this.#cancelTimer = clock.after(Math.min(longestTimerMs, Math.max(0, left - early)), () =>
      this.end(new OutriggerError('OR2008', 'the token of the stream ends')),
    );
  }

  /** With the code and the text of the error, as the proxy's log will show them. */
  end(error: unknown): void {
    if (this.#aborted.signal.aborted) return;
    const { error: coded, status } = statusOf(error, this.#phase);
    this.#with.metrics.ended(coded.code);
    this.#say(coded);
    this.#close();
    this.#call.end(status);
  }

  /** Once a minute for each peer and code: proxies come again every few seconds. */
  #say(error: OutriggerError): void {
    const { seldom, clock, log } = this.#with;
    if (error.code === 'OR2008' || !seldom.mayBeSaid(`${this.#who} ${error.code}`, clock.now())) return;
    const line = { code: error.code, peer: this.#who, err: error.cause };
    if (error.code === 'OR1901') log.error(line, 'a configuration stream failed');
    else log.warn(line, `configuration stream of ${this.#who} refused: ${error.message}`);
  }

  #close(): void {
    if (this.#aborted.signal.aborted) return;
    this.#cancelTimer();
    this.#stream?.close();
    this.#aborted.abort();
  }
}
