import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { fieldEffects } from '../../src/policy/unimplemented.ts';
import { kinds } from '../../src/schema/kinds.ts';
import { casesOf, type Proof, proofOf } from './proofs.ts';

/**
 * Each field that docs/api.md says to work, left out of a resource that has it: what proxies get changes, and by these
 * lines. A translation that stops to read a field fails here, in the test that the page names.
 * `UPDATE_GOLDEN=1 npx vitest run --project unit test/api` writes the lines anew.
 */
const update = process.env['UPDATE_GOLDEN'] === '1';
const mostLines = 6;

interface Kept {
  readonly shownBy: string;
  readonly lines: readonly string[];
  /** Lines that are not kept. */
  readonly more?: number;
}

function kept({ shownBy, lines }: Proof): Kept {
  const more = lines.length - mostLines;
  return { shownBy, lines: lines.slice(0, mostLines), ...(more > 0 ? { more } : {}) };
}

describe.each(kinds.map(({ kind }) => kind))('%s', (kind) => {
  const path = join(import.meta.dirname, 'golden', `${kind}.yaml`);
  const golden: Readonly<Record<string, Kept>> = existsSync(path) ? parse(readFileSync(path, 'utf8')) : {};
  const cases = casesOf(kind);
  const found: Record<string, Kept> = {};

  test.each(fieldEffects[kind].implemented)('%s', (field) => {
    const proof = proofOf(field, cases);
    if (proof === undefined) throw new Error(`no case of test/api/cases/${kind} shows ${field}: write one`);
    found[field] = kept(proof);
    if (!update) expect(found[field]).toEqual(golden[field]);
  });

  test('nothing is kept of fields that are gone', () => {
    if (!update) expect(Object.keys(golden)).toEqual([...fieldEffects[kind].implemented]);
  });

  afterAll(() => {
    if (update) writeFileSync(path, stringify(found, { lineWidth: 0 }));
  });
});
