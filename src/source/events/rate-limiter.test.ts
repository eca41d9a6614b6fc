import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RateLimiter, type RateLimits } from './rate-limiter.ts';

const limits: RateLimits = {
  repeatMs: 60_000,
  ownerBurst: 3,
  ownerRefillMs: 10_000,
  globalBurst: 5,
  globalRefillMs: 1_000,
  remembered: 50,
};
const about = (owner: string, sentence: string) => ({ owner, sentence, subject: sentence });

test('the first is said at once, the same again only later and with its count', () => {
  const limiter = new RateLimiter<string>(limits);
  expect(limiter.offer(about('a', 's'), 0)).toMatchObject({ count: 1 });
  for (let i = 1; i <= 499; i++) expect(limiter.offer(about('a', 's'), i)).toBeUndefined();
  expect(limiter.due(59_999)).toEqual([]);
  expect(limiter.due(60_000)).toEqual([{ subject: 's', count: 499, firstMs: 1, lastMs: 499 }]);
  expect(limiter.due(200_000)).toEqual([]);
});

test('an owner with many sentences is slowed down, another is not', () => {
  const limiter = new RateLimiter<string>(limits);
  const said = ['1', '2', '3', '4', '5'].filter((text) => limiter.offer(about('a', text), 0) !== undefined);
  expect(said).toEqual(['1', '2', '3']);
  expect(limiter.offer(about('b', '1'), 0)).toBeDefined();
  expect(limiter.due(10_000).map((allowed) => allowed.subject)).toEqual(['4']);
});

test('never more than the bursts and refills allow, and every offer is counted once', () => {
  const offer = fc.record({
    owner: fc.constantFrom('a', 'b', 'c'),
    text: fc.constantFrom('x', 'y', 'z'),
    wait: fc.nat(4_000),
  });
  fc.assert(
    fc.property(fc.array(offer, { maxLength: 200 }), (offers) => {
      const limiter = new RateLimiter<string>(limits);
      let now = 0;
      let said = 0;
      let counted = 0;
      for (const { owner, text, wait } of offers) {
        now += wait;
        const all = [limiter.offer(about(owner, text), now) ?? [], limiter.due(now)].flat();
        said += all.length;
        counted += all.reduce((sum, allowed) => sum + allowed.count, 0);
      }
      expect(said).toBeLessThanOrEqual(limits.globalBurst + now / limits.globalRefillMs);
      for (let turn = 0; turn < 20; turn++) {
        now += limits.repeatMs;
        counted += limiter.due(now).reduce((sum, allowed) => sum + allowed.count, 0);
      }
      expect(counted).toBe(offers.length);
    }),
  );
});
