import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Lru } from './lru.ts';

test('never more entries and never more weight than it may have; the newest stays', () => {
  const step = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e'), weight: fc.nat(12), read: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const lru = new Lru<number>(3, 1000);
      for (const { key, weight, read } of steps) {
        if (read) lru.get(key);
        else lru.set(key, weight, weight);
        expect(lru.size).toBeLessThanOrEqual(3);
        expect(lru.weight).toBeLessThanOrEqual(1000);
        if (!read) expect(lru.get(key)).toBe(weight <= 10 ? weight : undefined);
      }
    }),
  );
});

test('what was used longest ago goes first, and weight makes room', () => {
  const lru = new Lru<string>(100, 250);
  for (const key of ['a', 'b', 'c']) lru.set(key, key, 2);
  lru.get('a');
  for (let i = 0; i < 124; i++) lru.set(`x${i}`, 'x', 2);
  expect([lru.get('b'), lru.weight <= 250]).toEqual([undefined, true]);
});
