import { OutriggerError } from '../errors.ts';
import { readTapMessage, type TapEntry, type TapMessage } from '../xds/encode/access-logs.ts';
import { bearerToken } from './bearer-token.ts';
import type { Clock } from './clock.ts';
import type { GrpcCall } from './grpc/grpc-call.ts';
import { statusCodes } from './grpc/status.ts';
import { Rate, type RateLimit } from './rate.ts';
import type { PeerAuthenticator, ProvenPeer } from './session.ts';
import { statusOf } from './stream-status.ts';

/** Where proxies tell what somebody looks at. */
export interface TapStreams {
  isOpen(id: string): boolean;
  /** What one proxy tells for a tap; undefined: nobody here wants it of this one. Throws a coded error where it may not. */
  begin(id: string, peer: ProvenPeer, nodeId: string): TapSink | undefined;
}

export interface TapSink {
  /** The answer: milliseconds to wait before more is read. */
  take(entries: readonly TapEntry[]): number;
  /** Told when the tap is over. */
  onEnd(listener: () => void): void;
  close(): void;
}

export interface AccessLogServiceOptions {
  readonly authenticator: PeerAuthenticator;
  readonly taps: TapStreams;
  readonly clock: Clock;
  readonly firstMessageMs: number;
  /** Of new streams, all together: whether a token is one, the API server is asked. */
  readonly rate: RateLimit;
}

export const accessLogMethod = '/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs';

/**
 * Entries of proxies for whoever looks at this replica. Any other stream is refused, and its connection with it: a proxy whose logger
 * came to the wrong replica connects anew, and so finds the right one.
 */
export function accessLogService(options: AccessLogServiceOptions): (call: GrpcCall) => void {
  const rate = new Rate(options.rate, options.clock.now());
  return (call) => {
    if (rate.take(options.clock.now())) new LogStream(call, options).start();
    else call.end(statusOf(new OutriggerError('OR2007', 'too many loggers come at once'), 'opening').status);
  };
}

class LogStream {
  readonly #call: GrpcCall;
  readonly #options: AccessLogServiceOptions;
  readonly #aborted = new AbortController();
  #sink: TapSink | undefined;
  #cancel: () => void = () => undefined;

  constructor(call: GrpcCall, options: AccessLogServiceOptions) {
    this.#call = call;
    this.#options = options;
  }

  start(): void {
    const { clock, firstMessageMs } = this.#options;
    const late = new OutriggerError('OR2005', `there was no message within ${firstMessageMs} ms`);
    this.#cancel = clock.after(firstMessageMs, () => this.#fail(late));
    this.#call.listen({
      message: (bytes) => this.#receive(bytes),
      halfClosed: () => this.#end(),
      drained: () => undefined,
      closed: () => this.#close(),
    });
  }

  #receive(bytes: Buffer): void {
    try {
      const message = readMessage(bytes);
      if (this.#sink !== undefined) this.#take(this.#sink, message);
      else this.#begin(message).catch((error) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The call stands still until it is known whose it is. */
  async #begin(first: TapMessage): Promise<void> {
    this.#call.pause();
    this.#cancel();
    const { taps, authenticator } = this.#options;
    const { logName = '', nodeId = '' } = first.from ?? {};
    if (!taps.isOpen(logName)) return this.#refuse();
    const { signal } = this.#aborted;
    const peer = await authenticator.authenticate(bearerToken(this.#call.header('authorization')), signal);
    if (signal.aborted) return;
    const sink = taps.begin(logName, peer, nodeId);
    if (sink === undefined) return this.#refuse();
    this.#sink = sink;
    sink.onEnd(() => this.#end());
    this.#call.resume();
    this.#take(sink, first);
  }

  #take(sink: TapSink, { entries }: TapMessage): void {
    const waitMs = sink.take(entries);
    if (waitMs <= 0) return;
    this.#call.pause();
    this.#cancel = this.#options.clock.after(waitMs, () => this.#call.resume());
  }

  #refuse(): void {
    this.#end();
    this.#call.retire();
  }

  #end(): void {
    this.#call.end({ code: statusCodes.UNAVAILABLE, message: 'nobody looks at these requests any more' });
    this.#close();
  }

  #fail(error: unknown): void {
    this.#call.end(statusOf(error, this.#sink === undefined ? 'authentication' : 'running').status);
    this.#close();
  }

  #close(): void {
    this.#cancel();
    this.#sink?.close();
    this.#aborted.abort();
  }
}

/** Proxies send what has gathered at 16 KB, and an entry is as long as the head of a request: what is longer is of no proxy of ours. */
const mostMessageBytes = 256 * 1024;

/** Throws OR2003. */
function readMessage(bytes: Buffer): TapMessage {
  if (bytes.length > mostMessageBytes)
    throw new OutriggerError('OR2003', `${bytes.length} bytes are more than a proxy sends at once`);
  try {
    return readTapMessage(bytes);
  } catch (cause) {
    throw new OutriggerError('OR2003', 'it is no StreamAccessLogsMessage', { cause });
  }
}
