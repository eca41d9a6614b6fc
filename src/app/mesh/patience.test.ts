import { expect, test } from 'vitest';
import { OutriggerError } from '../../errors.ts';
import { untilDone } from './patience.ts';

const quick = { firstMs: 1, longestMs: 4, random: () => 0 };

test('each failure is told once, and the work is done in the end', async () => {
  const told: string[] = [];
  const failures = ['a', 'a', 'b', 'b', 'a'];
  const act = async () => {
    const failure = failures.shift();
    if (failure !== undefined) throw new OutriggerError('OR2206', failure);
    return 'done';
  };
  const { signal } = new AbortController();
  const result = await untilDone(act, { ...quick, signal, onFailure: ({ detail }) => told.push(detail) });
  expect([result, told]).toEqual(['done', ['a', 'b', 'a']]);
});

test('it ends with the program', async () => {
  const abort = new AbortController();
  const act = () => Promise.reject(new Error('never'));
  const running = untilDone(act, { ...quick, signal: abort.signal, onFailure: ({ code }) => codes.push(code) });
  const codes: string[] = [];
  setTimeout(() => abort.abort(new Error('stopped')), 20);
  await expect(running).rejects.toThrow(/stopped|aborted/);
  expect(codes).toEqual(['OR1901']);
});
