import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { renderErrorsPage } from '../docs/generate.ts';
import { catalogue } from '../src/errors.ts';

test('docs/errors.md is what the catalogue says (npm run docs)', () => {
  expect(readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8')).toBe(renderErrorsPage());
});

test('every entry has a code in a range, a title and a remedy that is a sentence', () => {
  for (const [code, entry] of Object.entries(catalogue)) {
    expect(code).toMatch(/^OR1[0-9]{3}$/);
    expect(entry.title.length).toBeGreaterThan(5);
    expect(entry.remedy).toMatch(/\.$/);
  }
});
