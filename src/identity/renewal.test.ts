import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextRenewal } from './renewal.ts';

const hour = 3_600_000;
const validity = { notBefore: new Date(0), notAfter: new Date(100 * hour) };

test.each([
  [-1, 0, true],
  [0, 0, false],
  [39, 0.99, false],
  [41, 0.99, true],
  [49, 0, false],
  [50, 0, true],
  [200, 0, true],
])('at hour %d with jitter %d: renew %s', (hours, jitter, renew) => {
  expect(nextRenewal(validity, new Date(hours * hour), jitter).renew).toBe(renew);
});

test('stepping by the answered waits renews between 40 % and half-life, whatever the lifetime', () => {
  const lifetimes = fc.integer({ min: hour, max: 40 * hour });
  fc.assert(
    fc.property(lifetimes, fc.double({ min: 0, max: 0.999, noNaN: true }), (lifetime, jitter) => {
      const some = { notBefore: new Date(0), notAfter: new Date(lifetime) };
      let now = lifetime * 0.39;
      for (;;) {
        const step = nextRenewal(some, new Date(now), jitter);
        if (step.renew) break;
        expect(step.waitMs).toBeGreaterThan(0);
        expect(step.waitMs).toBeLessThanOrEqual(10_000);
        now += step.waitMs;
      }
      expect(now).toBeGreaterThanOrEqual(lifetime * 0.4 - 1);
      expect(now).toBeLessThanOrEqual(lifetime * 0.5 + 1001);
    }),
    { numRuns: 30 },
  );
});
