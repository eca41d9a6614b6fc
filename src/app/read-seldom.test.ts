import { expect, test } from 'vitest';
import { readSeldom } from './read-seldom.ts';

test('many who ask are one who reads, and what was read holds for a second', async () => {
  let [reads, now] = [0, 0];
  const read = readSeldom(
    async () => {
      reads += 1;
      return reads;
    },
    () => now,
  );
  expect(await Promise.all([read(), read(), read()])).toEqual([1, 1, 1]);
  now = 999;
  expect(await read()).toBe(1);
  now = 1000;
  expect(await Promise.all([read(), read()])).toEqual([2, 2]);
});

test('a reading that takes long is waited for by all, and one that failed is none that holds', async () => {
  let now = 0;
  const gates: PromiseWithResolvers<string>[] = [];
  const read = readSeldom(
    () => {
      gates.push(Promise.withResolvers<string>());
      return gates.at(-1)?.promise ?? Promise.reject(new Error('none'));
    },
    () => now,
  );
  const first = read();
  now = 60_000;
  const second = read();
  gates[0]?.reject(new Error('away'));
  await expect(first).rejects.toThrow('away');
  await expect(second).rejects.toThrow('away');
  const third = read();
  gates[1]?.resolve('there');
  expect([await third, gates.length]).toEqual(['there', 2]);
});
