import { ProtobufCursor } from './protobuf-cursor.ts';

/**
 * Fields, as number and kind on the wire, of `io.prometheus.client.Metric`:
 * https://github.com/prometheus/client_model/blob/master/io/prometheus/client/metrics.proto
 */
const metric = { label: 0x0a, histogram: 0x3a };
/** A gauge, a counter, a number without a kind: each a message with a double. */
const plain = new Set([0x12, 0x1a, 0x2a]);
const label = { name: 0x0a, value: 0x12 };
const single = { value: 0x09 };
const histogram = { count: 0x08, bucket: 0x1a };
const bucket = { count: 0x08, edge: 0x11 };

export interface Metric {
  /** As they are on the wire. */
  readonly labels: Buffer;
  readonly counts: readonly number[];
  /** Upper edges of buckets, of which the last has none; nothing for what is one number. */
  readonly edges: readonly number[];
}

/** Throws RangeError where it is cut off. */
export function readMetric(body: Buffer, cursor: ProtobufCursor): Metric {
  const end = cursor.end();
  const start = cursor.at;
  // They stand first, in one piece.
  while (cursor.at < end && body[cursor.at] === metric.label) {
    cursor.at += 1;
    cursor.at = cursor.end();
  }
  const labels = body.subarray(start, cursor.at);
  const counts: number[] = [];
  const edges: number[] = [];
  while (cursor.at < end) {
    const tag = cursor.varint();
    if (plain.has(tag)) counts.push(readNumber(cursor));
    else if (tag === metric.histogram) readHistogram(cursor, counts, edges);
    else cursor.skip(tag);
  }
  return { labels, counts, edges };
}

/** What is nought may be left out. */
function readNumber(cursor: ProtobufCursor): number {
  const end = cursor.end();
  let value = 0;
  while (cursor.at < end) {
    const tag = cursor.varint();
    if (tag === single.value) value = cursor.double();
    else cursor.skip(tag);
  }
  return value;
}

/** The last bucket, which need not be there, is the count of all. */
function readHistogram(cursor: ProtobufCursor, counts: number[], edges: number[]): void {
  const end = cursor.end();
  let all = 0;
  while (cursor.at < end) {
    const tag = cursor.varint();
    if (tag === histogram.count) all = cursor.varint();
    else if (tag === histogram.bucket) readBucket(cursor, counts, edges);
    else cursor.skip(tag);
  }
  if (edges.at(-1) === Number.POSITIVE_INFINITY) return;
  counts.push(all);
  edges.push(Number.POSITIVE_INFINITY);
}

function readBucket(cursor: ProtobufCursor, counts: number[], edges: number[]): void {
  const end = cursor.end();
  let count = 0;
  let edge = 0;
  while (cursor.at < end) {
    const tag = cursor.varint();
    if (tag === bucket.count) count = cursor.varint();
    else if (tag === bucket.edge) edge = cursor.double();
    else cursor.skip(tag);
  }
  counts.push(count);
  edges.push(edge);
}

/** As in the text format. */
export function printLabels(labels: Buffer): string[] {
  const cursor = new ProtobufCursor(labels);
  const printed: string[] = [];
  while (cursor.at < labels.length) {
    cursor.varint();
    const end = cursor.end();
    let [name, value] = ['', ''];
    while (cursor.at < end) {
      const tag = cursor.varint();
      if (tag === label.name) name = cursor.text();
      else if (tag === label.value) value = cursor.text();
      else cursor.skip(tag);
    }
    printed.push(`${name}="${value.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`);
  }
  return printed;
}

/** As in the text format. */
export function printSeries(name: string, labels: readonly string[], edge: number | undefined): string {
  if (edge === undefined) return `${name}{${labels.join(',')}}`;
  const le = `le="${edge === Number.POSITIVE_INFINITY ? '+Inf' : edge}"`;
  return `${name}_bucket{${[...labels, le].join(',')}}`;
}
