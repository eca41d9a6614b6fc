import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { wireClock } from './clock.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test.each([1, -1])('the time of day jumps by %d day: a wait ends when its time has passed', (days) => {
  const hour = 3_600_000;
  const [task, cancelled] = [vi.fn(), vi.fn()];
  wireClock.after(hour, task);
  wireClock.after(hour, cancelled)();
  vi.advanceTimersByTime(1000);
  vi.setSystemTime(Date.now() + days * 24 * hour);
  vi.advanceTimersByTime(hour - 1001);
  expect(task).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(task).toHaveBeenCalledTimes(1);
  expect(cancelled).not.toHaveBeenCalled();
});
