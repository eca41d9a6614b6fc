import { expect, test } from 'vitest';
import { PushQueue } from './push-queue.ts';
import { Rate } from './rate.ts';
import { Seldom } from './seldom.ts';

test('each proxy once, first come first served, and after a slice the event loop', () => {
  const deferred: (() => void)[] = [];
  let now = 0;
  const pushed: string[] = [];
  const queue = new PushQueue({ now: () => now, defer: (run) => deferred.push(run), sliceMs: 10 });
  const proxy = (name: string) => ({
    push: () => {
      pushed.push(name);
      now += 6;
    },
  });
  const [a, b, c] = [proxy('a'), proxy('b'), proxy('c')];
  for (const one of [a, b, a, c, b]) queue.add(one);
  expect(deferred).toHaveLength(1);
  deferred.shift()?.();
  expect(pushed).toEqual(['a', 'b']);
  queue.add(a);
  deferred.shift()?.();
  expect(pushed).toEqual(['a', 'b', 'c', 'a']);
  expect(deferred).toEqual([]);
  queue.add(b);
  queue.remove(b);
  deferred.shift()?.();
  expect(pushed).toHaveLength(4);
});

test('a bucket of tokens', () => {
  const rate = new Rate({ perSecond: 10, burst: 2 }, 0);
  expect([rate.take(0), rate.take(0), rate.take(0)]).toEqual([true, true, false]);
  expect(rate.waitMs).toBe(100);
  expect([rate.take(50), rate.take(100), rate.take(100)]).toEqual([false, true, false]);
});

test('seldom: once in the time, and a bounded memory', () => {
  const seldom = new Seldom(60, 2);
  expect([seldom.mayBeSaid('a', 0), seldom.mayBeSaid('a', 59), seldom.mayBeSaid('a', 60)]).toEqual([true, false, true]);
  // Said by a clock that was set back since.
  expect(seldom.mayBeSaid('a', 10)).toBe(true);
  seldom.mayBeSaid('b', 60);
  seldom.mayBeSaid('c', 60);
  expect(seldom.mayBeSaid('a', 61)).toBe(true);
});
