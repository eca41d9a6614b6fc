import { expect } from 'vitest';
import type { Labels } from './expected-labels.ts';

/** A count that does not go through Prometheus: what targets say themselves at two moments, read by a parser of our own. */
export interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

export function parseMetrics(text: string, more: Labels): Sample[] {
  return text.split('\n').flatMap((line) => {
    const found = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? ([^ ]+)/.exec(line);
    if (found === null) return [];
    const [, name = '', inner = '', value = ''] = found;
    const labels = [...inner.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', text = '']) => [key, text]);
    return [{ name, labels: { ...Object.fromEntries(labels), ...more }, value: Number(value) }];
  });
}

const keyOf = ({ name, labels }: Sample) => JSON.stringify([name, Object.entries(labels).sort()]);

/** What has been added between two scrapes; gauges are those of the second. */
export class Growth {
  readonly #samples: readonly Sample[];
  readonly now: readonly Sample[];

  constructor(before: readonly Sample[], after: readonly Sample[]) {
    const old = new Map(before.map((sample) => [keyOf(sample), sample.value]));
    this.#samples = after.map((sample) => ({ ...sample, value: sample.value - (old.get(keyOf(sample)) ?? 0) }));
    this.now = after;
  }

  /** Sums by the value of a label; of all under '' without one. */
  by(label: string, name: string, match: Labels = {}): Map<string, number> {
    const sums = new Map<string, number>();
    for (const sample of this.#samples) {
      if (sample.name !== name || !matches(sample, match)) continue;
      const group = label === '' ? '' : (sample.labels[label] ?? '');
      sums.set(group, (sums.get(group) ?? 0) + sample.value);
    }
    return sums;
  }

  sum(name: string, match: Labels = {}): number {
    return this.by('', name, match).get('') ?? 0;
  }

  /** As Prometheus' histogram_quantile: within a bucket all is spread evenly. */
  quantile(share: number, name: string, match: Labels): number {
    const buckets = [...this.by('le', `${name}_bucket`, match)]
      .map(([le, count]) => ({ le: le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le), count }))
      .sort((a, b) => a.le - b.le);
    const rank = share * (buckets.at(-1)?.count ?? 0);
    const at = buckets.findIndex(({ count }) => count >= rank);
    const [low, high] = [buckets[at - 1] ?? { le: 0, count: 0 }, buckets[at] ?? { le: Number.NaN, count: 0 }];
    if (high.le === Number.POSITIVE_INFINITY) return low.le;
    return low.le + ((high.le - low.le) * (rank - low.count)) / (high.count - low.count);
  }

  /** Of gauges, by the value of a label. */
  gauges(label: string, name: string): Map<string, number> {
    return new Growth([], this.now).by(label, name);
  }
}

function matches({ labels }: Sample, match: Labels): boolean {
  return Object.entries(match).every(([name, wanted]) => (labels[name] ?? '').startsWith(wanted));
}

export interface Close {
  readonly found: ReadonlyMap<string, number>;
  readonly wanted: ReadonlyMap<string, number>;
  /** A share of what is wanted; or the same or the next of buckets, by their upper ends. */
  readonly within: number | readonly number[];
}

/** The same groups, and each number as near as it must be. */
export function expectClose(what: string, { found, wanted, within }: Close): void {
  const isNear = (seen: number, value: number): boolean => {
    if (typeof within === 'number') return Math.abs(seen - value) <= within * Math.abs(value) + 1e-9;
    const bucketOf = (one: number) => within.findIndex((end) => one <= end);
    return seen > 0 && Math.abs(bucketOf(seen) - bucketOf(value)) <= 1;
  };
  const far = [...wanted]
    .map(([group, value]) => ({ group, wanted: value, found: found.get(group) ?? Number.NaN }))
    .filter(({ found: seen, wanted: value }) => !isNear(seen, value));
  expect(far, what).toEqual([]);
  expect([...found.keys()].sort(), what).toEqual([...wanted.keys()].sort());
}
