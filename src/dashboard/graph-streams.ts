import type { FastifyReply } from 'fastify';
import { OutriggerError } from '../errors.ts';
import type { CallCounts } from '../observe/call-counts.ts';
import { EventStream } from './event-stream.ts';
import type { Graphs } from './graphs.ts';
import type { Visitor } from './visitor.ts';

interface Stream {
  readonly events: EventStream;
  readonly rangeSeconds: number;
}

/** Pages that follow the graph, by server-sent events: each tick is made and printed once for all that want the same range. */
export class GraphStreams {
  readonly #graphs: Graphs;
  readonly #counts: CallCounts;
  readonly #most: number;
  readonly #streams = new Set<Stream>();
  #closed = false;

  constructor(graphs: Graphs, counts: CallCounts, most: number) {
    this.#graphs = graphs;
    this.#counts = counts;
    this.#most = most;
    counts.onTick(() => this.#tick());
  }

  get open(): number {
    return this.#streams.size;
  }

  /** Throws OR4035 when too many are open. */
  add(reply: FastifyReply, visitor: Pick<Visitor, 'renew'>, rangeSeconds: number): void {
    if (this.#closed || this.#streams.size >= this.#most) {
      reply.header('retry-after', '30');
      throw new OutriggerError('OR4035', `${this.#streams.size} pages follow the graph`);
    }
    if (EventStream.isGone(reply)) return;
    const unwatch = this.#counts.watch();
    const events = new EventStream(reply, visitor, () => {
      this.#streams.delete(stream);
      unwatch();
    });
    const stream = { events, rangeSeconds };
    this.#streams.add(stream);
    events.send('graph', this.#data(rangeSeconds));
  }

  close(): void {
    this.#closed = true;
    for (const { events } of [...this.#streams]) events.close();
  }

  #tick(): void {
    const texts = new Map<number, string>();
    for (const { events, rangeSeconds } of this.#streams) {
      const text = texts.get(rangeSeconds) ?? this.#data(rangeSeconds);
      texts.set(rangeSeconds, text);
      events.send('graph', text);
    }
  }

  #data(rangeSeconds: number): string {
    return JSON.stringify(this.#graphs.graph(rangeSeconds));
  }
}
