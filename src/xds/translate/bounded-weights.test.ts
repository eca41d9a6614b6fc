import fc from 'fast-check';
import { expect, test } from 'vitest';
import { boundedWeights } from './bounded-weights.ts';

const total = (weights: readonly number[]) => weights.reduce((sum, weight) => sum + weight, 0);

test('weights that fit stay', () => {
  const weights = [1, 5, 4_294_967_289];
  expect(boundedWeights(weights)).toBe(weights);
});

test('others keep their proportion and fit', () => {
  const large = fc.integer({ min: 1, max: 4_294_967_295 });
  fc.assert(
    fc.property(fc.array(large, { minLength: 2, maxLength: 50 }), (weights) => {
      const bounded = boundedWeights(weights);
      expect(total(bounded)).toBeLessThanOrEqual(4_294_967_295);
      for (const [index, weight] of bounded.entries()) {
        expect(weight).toBeGreaterThanOrEqual(1);
        const share = (weights[index] ?? 0) / total(weights);
        expect(Math.abs(weight / total(bounded) - share)).toBeLessThan(1e-6);
      }
    }),
  );
});
