import { text, withPresence } from '../build.ts';
import { type Check, printValue } from '../problem.ts';

const units: Readonly<Record<string, number>> = {
  ...{ ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 },
};

/** Milliseconds of a duration as Go reads and writes it (`1h30m`, `1.5s`, `100ms`); undefined when it is none. */
export function parseDuration(value: string): number | undefined {
  if (value.length > 64) return undefined;
  const match = /^([-+]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+|0)$/.exec(value);
  if (match === null) return undefined;
  const parts = (match[2] ?? '').matchAll(/([\d.]+)(ns|us|µs|μs|ms|s|m|h)/g);
  let sum = 0;
  for (const [, number = '', unit = ''] of parts) sum += Number(number) * (units[unit] ?? 0);
  return match[1] === '-' ? -sum : sum;
}

const longest = 315_576_000_000_000;

const atLeast =
  (minimum: number): Check<string> =>
  (value, report) => {
    const parsed = parseDuration(value);
    const least = minimum === 0 ? 'that is not negative' : `of at least ${minimum}ms`;
    const wanted = parsed !== undefined && parsed > longest ? 'of at most 10,000 years' : least;
    if (parsed === undefined || parsed < minimum || parsed > longest)
      report({ code: 'OR1647', message: `${printValue(value)} must be a duration ${wanted}, like 5s or 100ms` });
  };

/** Protobuf has it as a message of its own, which is there or not, and never empty. */
const present = (description: string, minimum: number) => withPresence(text(description, atLeast(minimum)));

/** A duration of at least a millisecond. */
export const duration = (description: string) => present(description, 1);
/** A duration that may be zero, which turns off what it limits. */
export const durationOrZero = (description: string) => present(description, 0);
