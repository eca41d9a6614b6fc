import { expect, test } from 'vitest';
import { catalogue } from '../src/errors.ts';

test('every entry has a code in a range, a title and a remedy that is a sentence', () => {
  for (const [code, entry] of Object.entries(catalogue)) {
    expect(code).toMatch(/^OR[124][0-9]{3}$/);
    expect(entry.title.length).toBeGreaterThan(5);
    expect(entry.remedy).toMatch(/\.$/);
  }
});
