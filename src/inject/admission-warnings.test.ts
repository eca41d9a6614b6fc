import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cleanWarnings } from './admission-warnings.ts';

test('control characters and line ends become spaces; twins are said once', () => {
  expect(cleanWarnings(['a\nb\u0000\u009fc', 'same', 'same'])).toEqual(['a b c', 'same']);
});

test('a long one is cut at 256 code points, not in the middle of one', () => {
  const [warning] = cleanWarnings(['𝒳'.repeat(300)]);
  expect([...(warning ?? '')]).toHaveLength(256);
  expect(warning).toMatch(/𝒳…$/u);
});

test('whatever comes in, the API server passes all of it on', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 600 }), { maxLength: 60 }), (warnings) => {
      const clean = cleanWarnings(warnings);
      expect([...clean.join('')].length).toBeLessThanOrEqual(4096);
      for (const warning of clean) {
        expect([...warning].length).toBeLessThanOrEqual(256);
        expect(warning).not.toMatch(/\p{Cc}/u);
        expect(warning.isWellFormed()).toBe(true);
      }
    }),
  );
});
