const newline = 10;
const space = 32;
const hash = 35;

/** Ids are of one reader, and equal for a series as long as it knows it. */
export interface SeriesListener {
  onNew(id: number, series: string): void;
  onValue(id: number, value: number): void;
  onForgotten(id: number): void;
}

interface Line {
  readonly start: number;
  readonly end: number;
}

interface Key {
  readonly id: number;
  readonly bytes: Buffer;
  /** Number of the reading that had it last. */
  seen: number;
}

/**
 * Reads the text format of Prometheus again and again from one place. Envoy prints its series in the same order each time, so that a
 * line is nearly always of the series that came next the last time: one comparison of bytes then, and no text is made. What a label
 * says is parsed once for each series, by whoever asks for `name`.
 */
export class SeriesReader {
  #ordered: Key[] = [];
  readonly #byName = new Map<string, Key>();
  #reading = 0;
  readonly #nextId: () => number;
  readonly #mostSeries: number;
  /** Series of the last reading that were over the limit. */
  dropped = 0;

  constructor(mostSeries: number, nextId: () => number) {
    this.#mostSeries = mostSeries;
    this.#nextId = nextId;
  }

  /** Told of each line; of what is new first. Lines that are none of the format are passed over. */
  read(body: Buffer, told: SeriesListener): void {
    this.#reading += 1;
    this.dropped = 0;
    const before = this.#ordered;
    this.#ordered = [];
    let expected = 0;
    for (let start = 0; start < body.length; ) {
      const found = body.indexOf(newline, start);
      const end = found < 0 ? body.length : found;
      const key = this.#keyAt(body, { start, end }, before[expected], told);
      if (key !== undefined) {
        expected = key === before[expected] ? expected + 1 : orderAfter(key, before, expected);
        key.seen = this.#reading;
        this.#ordered.push(key);
        const value = readNumber(body, start + key.bytes.length + 1, end);
        if (value !== undefined) told.onValue(key.id, value);
      }
      start = end + 1;
    }
    this.#forget(told);
  }

  #keyAt(body: Buffer, line: Line, likely: Key | undefined, told: SeriesListener): Key | undefined {
    if (line.end === line.start || body[line.start] === hash) return undefined;
    return likely !== undefined && isAt(body, line, likely) ? likely : this.#find(body, line, told);
  }

  #find(body: Buffer, { start, end }: Line, told: SeriesListener): Key | undefined {
    const cut = body.lastIndexOf(space, end - 1);
    if (cut <= start) return undefined;
    const series = body.toString('utf8', start, cut);
    const known = this.#byName.get(series);
    if (known !== undefined) return known;
    if (this.#byName.size >= this.#mostSeries) {
      this.dropped += 1;
      return undefined;
    }
    const key = { id: this.#nextId(), bytes: Buffer.from(body.subarray(start, cut)), seen: this.#reading };
    this.#byName.set(series, key);
    told.onNew(key.id, series);
    return key;
  }

  /** A proxy that started anew has other series; those of before go once they are many. */
  #forget(told: SeriesListener): void {
    if (this.#byName.size <= 2 * this.#ordered.length + 64) return;
    for (const [series, key] of this.#byName) {
      if (key.seen === this.#reading) continue;
      this.#byName.delete(series);
      told.onForgotten(key.id);
    }
  }
}

/** Where the order goes on: behind the key when it is near, else where it was. */
function orderAfter(key: Key, order: readonly Key[], expected: number): number {
  const most = Math.min(expected + 64, order.length);
  for (let at = expected; at < most; at += 1) if (order[at] === key) return at + 1;
  return expected;
}

function isAt(body: Buffer, { start, end }: Line, { bytes }: Key): boolean {
  const after = start + bytes.length;
  return after < end && body[after] === space && body.compare(bytes, 0, bytes.length, start, after) === 0;
}

/** Whole numbers, which nearly all are, without a text. `NaN` and `+Inf` are values; a time stamp behind is passed over. */
function readNumber(body: Buffer, start: number, end: number): number | undefined {
  let value = 0;
  for (let at = start; at < end; at += 1) {
    const digit = (body[at] ?? 0) - 48;
    if (digit < 0 || digit > 9) return readOther(body.toString('latin1', start, end));
    value = value * 10 + digit;
  }
  return end > start ? value : undefined;
}

function readOther(text: string): number | undefined {
  const [word = ''] = text.trim().split(' ');
  if (/^\+?inf$/i.test(word)) return Number.POSITIVE_INFINITY;
  if (/^nan$/i.test(word)) return Number.NaN;
  const value = Number(word);
  return word === '' || Number.isNaN(value) ? undefined : value;
}
