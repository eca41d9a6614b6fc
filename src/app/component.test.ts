import { expect, test } from 'vitest';
import { loggerTo } from '../telemetry/logger.ts';
import { type Component, startAll } from './component.ts';

const quiet = loggerTo({ write: () => {} }, 'silent');

function recorder(failing = '') {
  const calls: string[] = [];
  const part = (name: string): Component => ({
    name,
    start: async () => {
      calls.push(`start ${name}`);
      if (name === failing) throw new Error(name);
    },
    stop: async () => {
      calls.push(`stop ${name}`);
      if (name === 'b') throw new Error('does not want to');
    },
  });
  return { calls, parts: ['a', 'b', 'c'].map(part) };
}

test('parts start in order and stop in reverse, one that fails to stop does not keep the others', async () => {
  const { calls, parts } = recorder();
  const stop = await startAll(parts, new AbortController().signal, quiet);
  await stop();
  await stop();
  expect(calls).toEqual(['start a', 'start b', 'start c', 'stop c', 'stop b', 'stop a']);
});

test('when one does not start, all are stopped and its error is thrown', async () => {
  const { calls, parts } = recorder('b');
  await expect(startAll(parts, new AbortController().signal, quiet)).rejects.toThrow('b');
  expect(calls).toEqual(['start a', 'start b', 'stop b', 'stop a']);
});
