import { OutriggerError } from '../errors.ts';

const shortest = 5;
const longest = 900;
/** One graph is made for each, however many ask. */
const ranges = [5, 10, 15, 30, 60, 120, 300, 600, longest];

/** Seconds, a minute without it; the next longer one of a few. Throws OR4036. */
export function readRange(given: unknown): number {
  if (given === undefined) return 60;
  const range = typeof given === 'string' && /^\d{1,4}$/.test(given) ? Number(given) : Number.NaN;
  if (range >= shortest && range <= longest) return ranges.find((one) => one >= range) ?? longest;
  throw new OutriggerError('OR4036', `range is whole seconds from ${shortest} to ${longest}`);
}
