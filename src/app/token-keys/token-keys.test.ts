import { expect, test } from 'vitest';
import { OutriggerError } from '../../errors.ts';
import type { KeySource } from '../../policy/request-authentication/keys.ts';
import { TokenKeys } from './token-keys.ts';

const minute = 60_000;
const source = (uri: string): KeySource => ({ kind: 'keys', uri, timeoutMs: 1 });
const want = (...uris: string[]) => new Map(uris.map((uri) => [`keys ${uri}`, source(uri)]));
const ticks = () => new Promise((resolve) => setImmediate(resolve));

/** A reader whose issuers answer what the test says, and whose time passes when the test says. */
function setUp() {
  const answers = new Map<string, string>();
  const reads: string[] = [];
  const known: Record<string, string>[] = [];
  const failures: string[] = [];
  let timers: { at: number; task: () => void }[] = [];
  let now = 0;
  const keys = new TokenKeys({
    read: async ({ uri }) => {
      reads.push(uri);
      const found = answers.get(uri);
      if (found === undefined) throw new OutriggerError('OR2451', `${uri} is away`);
      return { keys: found, faults: [] };
    },
    after: (ms, task) => {
      const timer = { at: now + ms, task };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    refreshMs: 20 * minute,
    onKeys: (all) => known.push(Object.fromEntries(all)),
    onFailure: ({ uri }, { code }, state) => failures.push(`${uri} ${code} ${state}`),
    onFaults: () => undefined,
  });
  const pass = async (ms: number) => {
    const end = now + ms;
    await ticks();
    for (;;) {
      const [next] = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      timers = timers.filter((other) => other !== next);
      now = next.at;
      next.task();
      await ticks();
    }
    now = end;
  };
  return { keys, answers, reads, known, failures, pass, timers: () => timers.length };
}

test('read at once, and again every twenty minutes; told only of what changed', async () => {
  const { keys, answers, reads, known, pass } = setUp();
  answers.set('a', 'one');
  keys.want(want('a'));
  await keys.readOnce();
  expect([reads, known]).toEqual([['a'], [{ 'keys a': 'one' }]]);
  await pass(20 * minute - 1);
  expect(reads.length).toBe(1);
  await pass(1);
  expect([reads.length, known.length]).toEqual([2, 1]);
  answers.set('a', 'two');
  await pass(20 * minute);
  expect(known.at(-1)).toEqual({ 'keys a': 'two' });
});

test('the last good keys stay while an issuer fails, and it is asked once a minute', async () => {
  const { keys, answers, reads, known, failures, pass } = setUp();
  answers.set('a', 'one');
  keys.want(want('a'));
  await pass(0);
  answers.delete('a');
  await pass(20 * minute);
  expect([keys.states, failures]).toEqual([{ good: 0, stale: 1, missing: 0 }, ['a OR2451 stale']]);
  await pass(10 * minute);
  expect([reads.length, failures.length, known.length]).toEqual([12, 1, 1]);
  answers.set('a', 'one');
  await pass(minute);
  expect([keys.states.good, known.length]).toEqual([1, 1]);
});

test('without keys it is asked after 1, 2, 4 … seconds, up to a minute', async () => {
  const { keys, reads, failures, known, pass } = setUp();
  keys.want(want('a'));
  await pass(0);
  const counts: number[] = [];
  for (const ms of [1000, 2000, 4000, 8000, 16_000, 32_000, minute, minute]) {
    await pass(ms - 1);
    counts.push(reads.length);
    await pass(1);
    counts.push(reads.length);
  }
  expect(counts).toEqual([1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9]);
  expect([failures, known, keys.states]).toEqual([['a OR2451 missing'], [], { good: 0, stale: 0, missing: 1 }]);
});

test('one that fails takes no other down, and does not hold up the first round', async () => {
  const { keys, answers, known } = setUp();
  answers.set('b', 'two');
  keys.want(want('a', 'b'));
  await keys.readOnce();
  expect(known).toEqual([{ 'keys b': 'two' }]);
});

test('what is not wanted any more is not read any more, not even when its answer comes', async () => {
  const { keys, answers, reads, known, pass, timers } = setUp();
  answers.set('a', 'one');
  keys.want(want('a'));
  keys.want(want());
  await pass(100 * minute);
  expect([reads, known, timers()]).toEqual([['a'], [], 0]);
  keys.want(want('a'));
  await pass(0);
  keys.close();
  await pass(100 * minute);
  expect([reads.length, timers()]).toEqual([2, 0]);
  await keys.readOnce();
});
