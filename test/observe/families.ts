/** Prometheus' protobuf format, as Envoy 1.40 writes it: numbers and histograms, each with its labels. */
export interface Metric {
  readonly labels: Readonly<Record<string, string>>;
  readonly value?: number;
  /** Counts by upper edge, cumulative; the count of all goes by itself. */
  readonly buckets?: readonly (readonly [edge: number, count: number])[];
  readonly all?: number;
}

export function encodeFamily(
  name: string,
  kind: 'counter' | 'gauge' | 'histogram',
  metrics: readonly Metric[],
): Buffer {
  const type = { counter: 0, gauge: 1, histogram: 4 }[kind];
  const body = Buffer.concat([
    field(0x0a, Buffer.from(name)),
    Buffer.from([0x18, type]),
    ...metrics.map((metric) => field(0x22, encodeMetric(kind, metric))),
  ]);
  return Buffer.concat([varint(body.length), body]);
}

function encodeMetric(kind: string, { labels, value = 0, buckets = [], all = 0 }: Metric): Buffer {
  const names = Object.entries(labels).map(([name, text]) =>
    field(0x0a, Buffer.concat([field(0x0a, Buffer.from(name)), field(0x12, Buffer.from(text))])),
  );
  const counted = buckets.map(([edge, count]) =>
    field(0x1a, Buffer.concat([Buffer.from([0x08]), varint(count), Buffer.from([0x11]), double(edge)])),
  );
  const sum = Buffer.concat([Buffer.from([0x11]), double(0)]);
  const histogram = () => field(0x3a, Buffer.concat([Buffer.from([0x08]), varint(all), sum, ...counted]));
  const single = () => field(kind === 'gauge' ? 0x12 : 0x1a, Buffer.concat([Buffer.from([0x09]), double(value)]));
  return Buffer.concat([...names, kind === 'histogram' ? histogram() : single()]);
}

function field(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag]), varint(content.length), content]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

function double(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}
