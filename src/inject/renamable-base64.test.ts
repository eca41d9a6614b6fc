import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RenamableBase64 } from './renamable-base64.ts';

test('renaming the base64 is the base64 of the renamed text', () => {
  const piece = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant('<name>'), fc.constantFrom('', 'a', 'bc', 'ü'));
  fc.assert(
    fc.property(fc.array(piece), fc.stringMatching(/^[a-z0-9]{6}$/), (pieces, other) => {
      const text = pieces.join('');
      const renamed = text.replaceAll('<name>', other);
      expect(new RenamableBase64(text, '<name>').encode(other)).toBe(Buffer.from(renamed, 'utf8').toString('base64'));
    }),
    { numRuns: 2000 },
  );
});
