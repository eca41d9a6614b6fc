import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from './serving-certificates.ts';

const hour = 3_600_000;
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a wait ends once its time has passed, and not before', () => {
  const task = vi.fn();
  systemClock.after(12 * hour, task);
  vi.advanceTimersByTime(12 * hour - 1);
  expect(task).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(task).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(24 * hour);
  expect(task).toHaveBeenCalledTimes(1);
});

test('when the time of day jumps ahead by a day, a wait that it ends is over within ten seconds', () => {
  const [due, late] = [vi.fn(), vi.fn()];
  systemClock.after(12 * hour, due);
  systemClock.after(48 * hour, late);
  vi.advanceTimersByTime(1000);
  vi.setSystemTime(Date.now() + 24 * hour);
  vi.advanceTimersByTime(10_000);
  expect(due).toHaveBeenCalledTimes(1);
  expect(late).not.toHaveBeenCalled();
});

test('when it jumps back, nobody waits longer', () => {
  const task = vi.fn();
  systemClock.after(60_000, task);
  vi.setSystemTime(Date.now() - 24 * hour);
  vi.advanceTimersByTime(60_000);
  expect(task).toHaveBeenCalledTimes(1);
});

test('what is cancelled never comes, before and after the first look', () => {
  const task = vi.fn();
  const [first, second] = [systemClock.after(20_000, task), systemClock.after(20_000, task)];
  first();
  vi.advanceTimersByTime(15_000);
  second();
  vi.advanceTimersByTime(60_000);
  expect(task).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
});
