import { mergeTallies, type Tallies } from './tally.ts';

/** What was counted from `start` to `end`, milliseconds since 1970. Nobody changes one that is made. */
export interface Tick {
  readonly start: number;
  readonly end: number;
  readonly tallies: Tallies;
  /** Which of the ticks of one history it holds, the last excluded; a sum of neighbours is made once for each such row. */
  readonly row?: Row;
}

interface Row {
  readonly from: number;
  readonly to: number;
  /** Rows that begin with it, by their size. */
  readonly sums: Map<number, Tick>;
}

/** Milliseconds. What is older than `fine` is kept in rows, what is older than `longest` not at all. */
const fine = 75_000;
export const longestRangeMs = 900_000;

/** Of how many ticks sums are kept, each of some of the size before it: 20 seconds, a minute, four minutes. */
const sizes = [4, 12, 48] as const;
/** Curves show nothing of longer ones. */
const longestRow = 12;

/** The last quarter of an hour, first tick first. */
export class History {
  #ticks: readonly Tick[] = [];
  #next = 0;

  get ticks(): readonly Tick[] {
    return this.#ticks;
  }

  push(tick: Tick): void {
    const row = { from: this.#next, to: this.#next + 1, sums: new Map() };
    this.#next += 1;
    const kept = this.#ticks.filter(({ end }) => end > tick.end - longestRangeMs);
    const old = kept.findLastIndex(({ end }) => end <= tick.end - fine) + 1;
    this.#ticks = [...inRows(kept.slice(0, old), longestRow), ...kept.slice(old), { ...tick, row }];
  }

  /** Those of the last `ms`. */
  within(ms: number): readonly Tick[] {
    const last = this.#ticks.at(-1)?.end ?? 0;
    return this.#ticks.filter(({ start, end }) => (start + end) / 2 > last - ms);
  }

  clear(): void {
    this.#ticks = [];
  }
}

/** Of all of them. Parts of it are of the ticks themselves, and of sums that others get, too: it is not to be changed. */
export function sumOf(ticks: readonly Tick[]): Tallies {
  const parts = inRows(ticks, Number.POSITIVE_INFINITY);
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only.tallies : addedUp(parts);
}

/**
 * Neighbours that fill a row become one tick: the window of a range goes on by one tick at a time, so that all but its edges
 * was added up before. Ticks of no history stay as they are.
 */
function inRows(ticks: readonly Tick[], longest: number): readonly Tick[] {
  let parts = ticks;
  for (const size of sizes) if (size <= longest && parts.length > 1) parts = rowsOf(parts, size);
  return parts;
}

function rowsOf(ticks: readonly Tick[], size: number): Tick[] {
  const found: Tick[] = [];
  for (let at = 0; at < ticks.length; ) {
    const end = endOfRow(ticks, at, size);
    const row = ticks.slice(at, end);
    found.push(...(end - at > 1 ? [joined(row, size)] : row));
    at = end;
  }
  return found;
}

/** Behind the last of the ticks that fill the row that begins at `at`; the next one where they do not. */
function endOfRow(ticks: readonly Tick[], at: number, size: number): number {
  const from = ticks[at]?.row?.from;
  if (from === undefined || from % size !== 0) return at + 1;
  const last = ticks.findIndex((tick, index) => index >= at && tick.row?.to === from + size);
  return last < 0 ? at + 1 : last + 1;
}

/** Of one history, whose ticks have no gaps between them. */
function joined(row: readonly Tick[], size: number): Tick {
  const [first, last] = [row[0], row.at(-1)];
  if (first?.row === undefined || last === undefined) throw new RangeError('a row has ticks');
  const { from, sums } = first.row;
  const known = sums.get(size);
  if (known !== undefined) return known;
  const { start } = first;
  const made = { start, end: last.end, tallies: addedUp(row), row: { from, to: from + size, sums: new Map() } };
  sums.set(size, made);
  return made;
}

function addedUp(ticks: readonly Tick[]): Tallies {
  const sum: Tallies = new Map();
  for (const { tallies } of ticks) mergeTallies(sum, tallies);
  return sum;
}

export function secondsOf(ticks: readonly Tick[]): number {
  let ms = 0;
  for (const { start, end } of ticks) ms += end - start;
  return ms / 1000;
}
