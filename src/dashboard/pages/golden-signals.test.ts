import { expect, test } from 'vitest';
import { readCall } from '../../observe/call.ts';
import type { Tick } from '../../observe/history.ts';
import { parseSeriesName } from '../../observe/series-name.ts';
import { addTo, edgeKey, type Tallies } from '../../observe/tally.ts';
import { goldenSignals } from './golden-signals.ts';

const labels = 'reporter="destination",source_workload="web",destination_workload="cart",response_code="200"';
const call = (text: string) => {
  const series = parseSeriesName(text);
  const read = series === undefined ? undefined : readCall(series);
  if (read === undefined) throw new Error(text);
  return read;
};
const requests = call(`istio_requests_total{${labels}}`);
const bucket = (le: string) => call(`istio_request_duration_milliseconds_bucket{${labels},le="${le}"}`);

/** From a second to another: so many requests, of which durations are told of some. */
function tick(from: number, to: number, count: number, timed = 0): Tick {
  const tallies: Tallies = new Map();
  addTo(tallies, edgeKey(requests), requests, count);
  for (const le of ['5', '+Inf']) if (timed > 0) addTo(tallies, edgeKey(requests), bucket(le), timed);
  return { start: from * 1000, end: to * 1000, tallies };
}
const last = <T>(values: readonly T[]) => values.at(-1);

test('a point is of all that was counted in its fifteen seconds, whichever tick has it', () => {
  const ticks = [tick(0, 5, 10, 10), tick(5, 10, 20), tick(10, 15, 60)];
  const { requests: rate, p50, errors } = goldenSignals(ticks, () => true);
  expect(last(rate.values)).toBe(6);
  expect(last(p50.values)).toBeGreaterThan(0);
  expect(last(errors.values)).toBe(0);
  expect(rate.values.filter((value) => value !== null)).toHaveLength(1);
});

test('a tick that is longer than a step is each of the steps in it; where nobody counted there is a gap', () => {
  const { requests: rate } = goldenSignals([tick(0, 60, 60), tick(90, 105, 30)], () => true);
  expect(rate.values.slice(-7)).toEqual([1, 1, 1, 1, null, null, 2]);
});
