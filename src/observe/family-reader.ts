import { type Metric, printLabels, printSeries, readMetric } from './metric-values.ts';
import { ProtobufCursor } from './protobuf-cursor.ts';
import type { SeriesListener } from './series-reader.ts';

/** Fields of `io.prometheus.client.MetricFamily`, as `metric-values.ts` has those below it. */
const family = { name: 0x0a, metric: 0x22 };

interface Key {
  /** Of its first series; the buckets of a histogram follow one by one. */
  readonly id: number;
  readonly length: number;
  readonly labels: Buffer;
  /** Number of the reading that had it last. */
  seen: number;
}

/** The metrics of one name. */
class Family {
  ordered: Key[] = [];
  readonly byLabels = new Map<string, Key>();
}

/** Whether an answer is in this format: a text begins with a letter or `#`, and another character that can be read. */
export function areFamilies(body: Buffer): boolean {
  return (body[0] ?? 0) >= 0x80 || body[1] === family.name;
}

/**
 * Reads the protobuf format of Prometheus again and again from one place, as `SeriesReader` does the text: a histogram then says its labels
 * once and not for each bucket, which is a seventeenth of the bytes. Told are the same series with the same names as in text.
 */
export class FamilyReader {
  readonly #families = new Map<string, Family>();
  readonly #mostSeries: number;
  readonly #nextId: () => number;
  #series = 0;
  #reading = 0;
  /** Series of the last reading that were over the limit. */
  dropped = 0;

  /** `nextId` counts up by one. */
  constructor(mostSeries: number, nextId: () => number) {
    this.#mostSeries = mostSeries;
    this.#nextId = nextId;
  }

  /** Throws RangeError where the body is cut off; what was before that is told. */
  read(body: Buffer, told: SeriesListener): void {
    this.#reading += 1;
    this.dropped = 0;
    const cursor = new ProtobufCursor(body);
    while (cursor.at < body.length) this.#family(body, cursor, told);
    this.#forget(told);
  }

  #family(body: Buffer, cursor: ProtobufCursor, told: SeriesListener): void {
    const end = cursor.end();
    let name = '';
    let order: Order | undefined;
    while (cursor.at < end) {
      const tag = cursor.varint();
      if (tag === family.name) name = cursor.text();
      else if (tag === family.metric) {
        order ??= this.#begin(name);
        this.#metric(readMetric(body, cursor), order, told);
      } else cursor.skip(tag);
    }
  }

  #begin(name: string): Order {
    const of = this.#families.get(name) ?? new Family();
    this.#families.set(name, of);
    const before = of.ordered;
    of.ordered = [];
    return { name, of, before, expected: 0 };
  }

  #metric(metric: Metric, order: Order, told: SeriesListener): void {
    const likely = order.before[order.expected];
    const key = likely !== undefined && isOf(metric, likely) ? likely : this.#find(order, metric, told);
    if (key === undefined) return;
    order.expected = key === likely ? order.expected + 1 : after(key, order.before, order.expected);
    key.seen = this.#reading;
    order.of.ordered.push(key);
    for (const [at, count] of metric.counts.entries()) told.onValue(key.id + at, count);
  }

  #find({ name, of }: Order, { labels, counts, edges }: Metric, told: SeriesListener): Key | undefined {
    const { length } = counts;
    const text = `${length} ${labels.toString('latin1')}`;
    const known = of.byLabels.get(text);
    if (known !== undefined) return known;
    if (this.#series + length > this.#mostSeries) {
      this.dropped += length;
      return undefined;
    }
    this.#series += length;
    const ids = Array.from({ length }, () => this.#nextId());
    const key = { id: ids[0] ?? 0, length, labels: Buffer.from(labels), seen: this.#reading };
    of.byLabels.set(text, key);
    const printed = printLabels(key.labels);
    for (const [at, id] of ids.entries()) told.onNew(id, printSeries(name, printed, edges[at]));
    return key;
  }

  /** A proxy that started anew has other series; those of before go once they are many. */
  #forget(told: SeriesListener): void {
    for (const { ordered, byLabels } of this.#families.values()) {
      if (byLabels.size <= 2 * ordered.length + 64) continue;
      for (const [text, { id, length, seen }] of byLabels) {
        if (seen === this.#reading) continue;
        byLabels.delete(text);
        this.#series -= length;
        for (let at = 0; at < length; at += 1) told.onForgotten(id + at);
      }
    }
  }
}

/** Where a reading is within a family, which goes as the last one went. */
interface Order {
  readonly name: string;
  readonly of: Family;
  readonly before: readonly Key[];
  expected: number;
}

function isOf({ labels, counts }: Metric, key: Key): boolean {
  return counts.length === key.length && key.labels.equals(labels);
}

/** Behind the key when it is near, else where it was. */
function after(key: Key, order: readonly Key[], expected: number): number {
  const most = Math.min(expected + 64, order.length);
  for (let at = expected; at < most; at += 1) if (order[at] === key) return at + 1;
  return expected;
}
