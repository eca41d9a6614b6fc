import { expect, test } from 'vitest';
import { renewServing } from './serving-renewal.ts';

/** A clock that is turned by hand. */
function setUp(fails: () => boolean = () => false) {
  const timers = new Map<number, { ms: number; task: () => void }>();
  let serial = 0;
  const updates: string[] = [];
  const failures: unknown[] = [];
  const listeners = new Set<() => void>();
  const stop = new AbortController();
  const issue = async () => {
    if (fails()) throw new Error('no root');
    const notAfter = new Date(10_000_000);
    return { chainPem: `c${++serial}`, keyPem: 'k', caPem: '', notBefore: new Date(0), notAfter };
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
      now: () => 0,
      after: (ms, task) => {
        const id = ++serial + 1000;
        timers.set(id, { ms, task });
        return () => timers.delete(id);
      },
      onFailure: (error) => failures.push(error),
    },
    new Date(8_000_000),
    stop.signal,
  );
  const fire = async () => {
    const [[id, timer] = []] = timers;
    if (id !== undefined) timers.delete(id);
    timer?.task();
    await new Promise(setImmediate);
  };
  return { timers, updates, failures, listeners, stop, fire, waits: () => [...timers.values()].map(({ ms }) => ms) };
}

test('renewed at half-life, again and again, with one timer and one subscription', async () => {
  const { fire, updates, waits, listeners } = setUp();
  expect(waits()).toEqual([4_000_000]);
  await fire();
  await fire();
  expect(updates).toHaveLength(2);
  expect(waits()).toEqual([5_000_000]);
  expect(listeners.size).toBe(1);
});

test('renewed at once when the root changes; a failure is tried again; the end leaves nothing', async () => {
  let failing = true;
  const { fire, updates, waits, failures, listeners, stop } = setUp(() => failing);
  for (const listener of listeners) listener();
  await new Promise(setImmediate);
  expect([updates.length, failures.length, waits()]).toEqual([0, 1, [60_000]]);
  failing = false;
  await fire();
  expect([updates.length, waits()]).toEqual([1, [5_000_000]]);
  stop.abort();
  expect([waits().length, listeners.size]).toEqual([0, 0]);
});
