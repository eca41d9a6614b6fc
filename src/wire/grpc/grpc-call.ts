import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../clock.ts';
import { MessageReader, messageHead, ProtocolFault } from './message-reader.ts';
import { type Status, statusCodes, statusHeaders } from './status.ts';

export interface CallOptions {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  readonly clock: Clock;
  /** Of one message of the client. */
  readonly mostBytes: number;
}

/** What the user of a call is told. Nothing comes after `closed`. */
export interface CallListener {
  message(bytes: Buffer): void;
  /** The client has no more messages. */
  halfClosed(): void;
  /** After a `write` that answered false. */
  drained(): void;
  /** Whoever ended it. */
  closed(): void;
}

/** Of one frame of HTTP/2, at most, with its head and that of TLS: more at a time is kept as a buffer of the connection. */
const sliceBytes = 16_000;
/** How long a client may take to end its half of a call that is over. */
const lingerMs = 5_000;

/**
 * One call of a client, both ways streams of messages. It stands paused until it is listened to. What is written goes out in
 * slices: the buffers of TLS keep the size of the largest that they ever had, for each of thousands of proxies.
 */
export class GrpcCall {
  readonly #stream: ServerHttp2Stream;
  readonly #headers: IncomingHttpHeaders;
  readonly #clock: Clock;
  readonly #reader: MessageReader;
  readonly #came: Buffer[] = [];
  readonly #toWrite: Buffer[] = [];
  #listener: CallListener | undefined;
  #paused = false;
  #clientEnded = false;
  #writing = false;
  #owesDrain = false;
  #status: Status | undefined;
  #closed = false;

  constructor({ stream, headers, clock, mostBytes }: CallOptions) {
    this.#stream = stream;
    this.#headers = headers;
    this.#clock = clock;
    this.#reader = new MessageReader(mostBytes);
    // What comes before the stream is closed says no more than that: its status is the client's.
    stream.on('error', () => undefined);
    stream.on('close', () => this.#close());
  }

  /** `10.1.0.7:40312` */
  get peer(): string {
    const { remoteAddress, remotePort } = this.#stream.session?.socket ?? {};
    return `${remoteAddress ?? 'unknown'}:${remotePort ?? 0}`;
  }

  /** The one name in the certificate that the client has proven to have, `spiffe://…`; '' for none. */
  get provenId(): string {
    const socket = this.#stream.session?.socket as TLSSocket | undefined;
    if (socket?.authorized !== true) return '';
    return /^URI:(spiffe:\/\/[a-z0-9._/-]+)$/.exec(socket.getPeerCertificate().subjectaltname ?? '')?.[1] ?? '';
  }

  /** '' for a header that is not there; the first of several. */
  header(name: string): string {
    const value = this.#headers[name];
    return (Array.isArray(value) ? value[0] : value) ?? '';
  }

  listen(listener: CallListener): void {
    this.#listener = listener;
    this.#stream.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#stream.on('end', () => {
      this.#clientEnded = true;
      this.#deliver();
    });
  }

  /** No more messages until `resume`, but for those in flight: flow control holds the client. */
  pause(): void {
    this.#paused = true;
    this.#stream.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#deliver();
    if (!this.#paused) this.#stream.resume();
  }

  #receive(chunk: Buffer): void {
    if (this.#status !== undefined) return;
    try {
      this.#came.push(...this.#reader.push(chunk));
    } catch (fault) {
      if (!(fault instanceof ProtocolFault)) throw fault;
      this.end(fault.status);
      return;
    }
    this.#deliver();
  }

  #deliver(): void {
    while (!this.#paused && this.#status === undefined) {
      const next = this.#came.shift();
      if (next === undefined) break;
      this.#listener?.message(next);
    }
    if (!this.#clientEnded || this.#paused || this.#status !== undefined || this.#came.length > 0) return;
    this.#clientEnded = false;
    if (this.#reader.between) this.#listener?.halfClosed();
    else this.end({ code: statusCodes.INTERNAL, message: 'the last message is not whole' });
  }

  /** False: there is more to write than the connection takes now, and `drained` will tell. */
  write(message: Buffer): boolean {
    if (this.#status !== undefined || this.#closed) return true;
    this.#toWrite.push(Buffer.concat([messageHead(message.length), message.subarray(0, sliceBytes)]));
    for (let at = sliceBytes; at < message.length; at += sliceBytes) {
      this.#toWrite.push(message.subarray(at, at + sliceBytes));
    }
    this.#pump();
    this.#owesDrain = this.#toWrite.length > 0;
    return !this.#owesDrain;
  }

  #pump(): void {
    if (this.#writing || this.#closed || this.#stream.destroyed) return;
    const slice = this.#toWrite.shift();
    if (slice === undefined) {
      this.#emptied();
      return;
    }
    if (!this.#stream.headersSent) {
      this.#stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    }
    this.#writing = true;
    this.#stream.write(slice, () => {
      this.#writing = false;
      this.#pump();
    });
  }

  #emptied(): void {
    if (this.#status !== undefined) this.#finish(this.#status);
    else if (this.#owesDrain) {
      this.#owesDrain = false;
      this.#listener?.drained();
    }
  }

  /** No more calls on this connection; those that are open go on. */
  retire(): void {
    this.#stream.session?.close();
  }

  /** After what was written before. Only the first end counts. */
  end(status: Status): void {
    if (this.#status !== undefined || this.#closed) return;
    this.#status = status;
    const cancel = this.#clock.after(lingerMs, () => this.#stream.close(constants.NGHTTP2_NO_ERROR));
    this.#stream.on('close', cancel);
    this.#pump();
  }

  #finish(status: Status): void {
    if (this.#stream.headersSent) {
      this.#stream.once('wantTrailers', () => this.#stream.sendTrailers(statusHeaders(status)));
      this.#stream.end();
    } else {
      const headers = { ':status': 200, 'content-type': 'application/grpc', ...statusHeaders(status) };
      this.#stream.respond(headers, { endStream: true });
    }
    // What the client still sends is of no use; unread it would keep the stream open.
    this.#stream.resume();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#toWrite.length = 0;
    this.#listener?.closed();
  }
}
