import type { FastifyReply } from 'fastify';
import { asOutriggerError, type OutriggerError } from '../errors.ts';
import type { Visitor } from './visitor.ts';

/** Bytes that a page may be behind; more than that it does not read. */
const mostBehind = 4 * 1024 * 1024;
/** Milliseconds. Routers drop connections that are still for a minute. */
const heartbeatMs = 10_000;
/** How often in a row nobody may have answered whether a visitor may still be here. */
const mostUnknown = 6;

/** Server-sent events to one visitor, for as long as they are there and may be: that is asked again at each heartbeat. */
export class EventStream {
  readonly #raw: FastifyReply['raw'];
  readonly #visitor: Pick<Visitor, 'renew'>;
  readonly #onEnd: () => void;
  readonly #timer: NodeJS.Timeout;
  #unknown = 0;
  #ended = false;

  /** `onEnd` runs once, whoever ended it. */
  constructor(reply: FastifyReply, visitor: Pick<Visitor, 'renew'>, onEnd: () => void) {
    reply.hijack();
    const { raw } = reply;
    this.#raw = raw;
    this.#visitor = visitor;
    this.#onEnd = onEnd;
    this.#timer = setInterval(() => this.#beat(), heartbeatMs);
    this.#timer.unref();
    raw.setHeader('content-type', 'text/event-stream');
    // Proxies in front are not to collect it.
    raw.setHeader('x-accel-buffering', 'no');
    raw.writeHead(200);
    raw.once('close', () => this.#end());
    raw.once('error', () => this.#end());
  }

  /** Whoever went away while it was looked up who they are has said so already, and says it no second time. */
  static isGone({ raw }: FastifyReply): boolean {
    return raw.destroyed || raw.socket?.destroyed === true;
  }

  /** `data` is JSON text. */
  send(event: string, data: string): void {
    this.#write(`event: ${event}\ndata: ${data}\n\n`);
  }

  close(): void {
    this.#end();
    this.#raw.end();
  }

  #write(text: string): void {
    if (this.#ended) return;
    if (this.#raw.writableLength > mostBehind) this.#raw.destroy();
    else this.#raw.write(text);
  }

  #beat(): void {
    this.#write(': still here\n\n');
    this.#visitor.renew().then(
      () => {
        this.#unknown = 0;
      },
      (cause: unknown) => {
        const error = asOutriggerError(cause);
        this.#unknown += 1;
        if (saysNo(error) || this.#unknown >= mostUnknown) this.fail(error);
      },
    );
  }

  /** Ends it with why. */
  fail({ code, message, remedy }: Pick<OutriggerError, 'code' | 'message' | 'remedy'>): void {
    this.send('error', JSON.stringify({ code, message, remedy }));
    this.close();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#timer);
    this.#onEnd();
  }
}

function saysNo({ entry: { status } }: OutriggerError): boolean {
  return status === 401 || status === 403;
}
