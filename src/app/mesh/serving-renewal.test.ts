import { expect, test } from 'vitest';
import { renewServing } from './serving-renewal.ts';

const hour = 3_600_000;

/** A clock that is turned by hand. */
function setUp(fails: () => boolean = () => false) {
  const timers = new Map<number, { ms: number; task: () => void }>();
  let serial = 0;
  let time = 0;
  const updates: string[] = [];
  const failures: unknown[] = [];
  const listeners = new Set<() => void>();
  const stop = new AbortController();
  const issue = async () => {
    if (fails()) throw new Error('no root');
    const validity = { notBefore: new Date(time), notAfter: new Date(time + 24 * hour) };
    return { chainPem: `c${++serial}`, keyPem: 'k', caPem: '', ...validity };
  };
  renewServing(
    {
      authority: {
        issueServing: issue,
        onChange: (listener) => {
          const one = (): void => listener({ roots: true, issuer: true });
          listeners.add(one);
          return () => listeners.delete(one);
        },
      },
      names: ['a'],
      credentials: { update: ({ certificate }) => void updates.push(certificate) },
      now: () => time,
      after: (ms, task) => {
        const id = ++serial + 1000;
        timers.set(id, { ms, task });
        return () => timers.delete(id);
      },
      onFailure: (error) => failures.push(error),
    },
    { notBefore: new Date(0), notAfter: new Date(24 * hour) },
    stop.signal,
  );
  const fire = async () => {
    const [[id, timer] = []] = timers;
    if (id !== undefined) timers.delete(id);
    time += timer?.ms ?? 0;
    timer?.task();
    await new Promise(setImmediate);
  };
  const turn = (ms: number): void => {
    time += ms;
  };
  return {
    turn,
    timers,
    updates,
    failures,
    listeners,
    stop,
    fire,
    waits: () => [...timers.values()].map(({ ms }) => ms),
  };
}

test('renewed at half-life, again and again, with one timer and one subscription', async () => {
  const { fire, turn, updates, waits, listeners } = setUp();
  turn(12 * hour - 15_000);
  await fire();
  expect([updates.length, waits()]).toEqual([0, [5_000]]);
  await fire();
  expect(updates).toHaveLength(1);
  turn(12 * hour);
  await fire();
  expect([updates.length, waits().length, listeners.size]).toEqual([2, 1, 1]);
});

test.each([1, -1])('the time of day jumps by %d day: there is another one within ten seconds', async (days) => {
  const { fire, turn, updates, waits } = setUp();
  turn(days * 24 * hour);
  expect(waits()).toEqual([10_000]);
  await fire();
  expect(updates).toHaveLength(1);
});

test('renewed at once when the root changes; a failure is tried again; the end leaves nothing', async () => {
  let failing = true;
  const { fire, updates, waits, failures, listeners, stop } = setUp(() => failing);
  for (const listener of listeners) listener();
  await new Promise(setImmediate);
  expect([updates.length, failures.length, waits()]).toEqual([0, 1, [60_000]]);
  failing = false;
  await fire();
  expect([updates.length, waits()]).toEqual([1, [10_000]]);
  stop.abort();
  expect([waits().length, listeners.size]).toEqual([0, 0]);
});
