import { mergeTallies, type Tallies } from './tally.ts';

/** What was counted from `start` to `end`, milliseconds since 1970. */
export interface Tick {
  readonly start: number;
  readonly end: number;
  readonly tallies: Tallies;
}

/** Milliseconds. What is older than `fine` is kept in blocks, what is older than `longest` not at all. */
const fine = 75_000;
const block = 60_000;
export const longestRangeMs = 900_000;

/** The last quarter of an hour, first tick first. */
export class History {
  #ticks: Tick[] = [];

  get ticks(): readonly Tick[] {
    return this.#ticks;
  }

  push(tick: Tick): void {
    const kept = this.#ticks.filter(({ end }) => end > tick.end - longestRangeMs);
    this.#ticks = [...mergeOld(kept, tick.end - fine), tick];
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

/** Two neighbours at a time become one, as long as that is no longer than a block. */
function mergeOld(ticks: readonly Tick[], before: number): Tick[] {
  const merged: Tick[] = [];
  for (const tick of ticks) {
    const last = merged.at(-1);
    if (last === undefined || tick.end > before || tick.end - last.start > block) merged.push(tick);
    else merged[merged.length - 1] = joined(last, tick);
  }
  return merged;
}

function joined(first: Tick, second: Tick): Tick {
  return { start: first.start, end: second.end, tallies: sumOf([first, second]) };
}

/** Fresh: nobody else holds it. */
export function sumOf(ticks: readonly Tick[]): Tallies {
  const sum: Tallies = new Map();
  for (const { tallies } of ticks) mergeTallies(sum, tallies);
  return sum;
}

export function secondsOf(ticks: readonly Tick[]): number {
  let ms = 0;
  for (const { start, end } of ticks) ms += end - start;
  return ms / 1000;
}
