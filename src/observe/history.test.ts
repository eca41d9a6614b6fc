import { expect, test } from 'vitest';
import type { CallSeries } from './call.ts';
import { History, secondsOf, sumOf } from './history.ts';
import { addTo, edgeKey, type Tallies, type Tally } from './tally.ts';

const party = (workload: string) => ({ namespace: 'shop', workload, app: workload, version: 'v1', principal: '' });
const call = (target: string): CallSeries => ({
  ...{ counts: 'requests', reporter: 'source', source: party('web'), target: party(target), host: target },
  ...{ protocol: 'http', failed: false, answer: '', mutual: undefined, upTo: 0 },
});

/** Tells how often it was gone through. */
class Counting extends Map<string, Tally> {
  reads = 0;
  override [Symbol.iterator]() {
    this.reads += 1;
    return super[Symbol.iterator]();
  }
}

function tallies(at: number): Counting {
  const made = new Counting();
  // Some edge is in every tick, some in a few of them.
  for (const target of ['cart', `mail-${at % 7}`]) addTo(made, edgeKey(call(target)), call(target), at + 1);
  return made;
}

const requests = (sum: Tallies): number => [...sum.values()].reduce((all, { bySource }) => all + bySource.requests, 0);

test('the sum of a range is that of its ticks, wherever it begins', () => {
  const history = new History();
  for (let at = 0; at < 400; at += 1) {
    history.push({ start: at * 5000, end: (at + 1) * 5000, tallies: tallies(at) });
    for (const seconds of [10, 60, 300]) {
      const ticks = history.within(seconds * 1000);
      const counted = secondsOf(ticks) / 5;
      // All that was counted, up to the newest: ticks at + 1 - counted to at, with at + 1 requests on both edges.
      const wanted = Array.from({ length: counted }, (_, back) => 2 * (at - back + 1)).reduce(
        (sum, one) => sum + one,
        0,
      );
      expect(requests(sumOf(ticks))).toBe(wanted);
      expect(requests(sumOf(ticks))).toBe(wanted);
    }
  }
  const longest = history.within(900_000);
  expect(secondsOf(longest)).toBeGreaterThan(840);
  expect(longest.length).toBeLessThan(40);
  expect(sumOf(longest).size).toBe(8);
  expect(longest.slice(-15).every(({ start, end }) => end - start === 5000)).toBe(true);
});

test('a tick is gone through some times and not in each sum that it is in', () => {
  const history = new History();
  const made = Array.from({ length: 300 }, (_, at) => tallies(at));
  for (const [at, one] of made.entries()) {
    history.push({ start: at * 5000, end: (at + 1) * 5000, tallies: one });
    for (const seconds of [60, 900]) sumOf(history.within(seconds * 1000));
  }
  // It is in 12 + 180 sums.
  expect(Math.max(...made.map(({ reads }) => reads))).toBeLessThan(20);
});

test('what is added up stays as it was', () => {
  const history = new History();
  for (let at = 0; at < 30; at += 1) history.push({ start: at * 5000, end: (at + 1) * 5000, tallies: tallies(at) });
  const before = sumOf(history.within(60_000));
  const counted = requests(before);
  for (let at = 30; at < 60; at += 1) {
    history.push({ start: at * 5000, end: (at + 1) * 5000, tallies: tallies(at) });
    sumOf(history.within(900_000));
  }
  expect(requests(before)).toBe(counted);
});
