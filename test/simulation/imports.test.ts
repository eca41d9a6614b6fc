import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** What judges the translation must not be made of it. */
const folder = join(import.meta.dirname, 'simulator');

test('the simulator imports nothing but itself and Node', () => {
  const files = readdirSync(folder).filter((file) => !file.endsWith('.test.ts'));
  const found = files.flatMap((file) =>
    [...readFileSync(join(folder, file), 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(
      ([, target = '']) => `${file}: ${target}`,
    ),
  );
  expect(found.length).toBeGreaterThan(20);
  expect(found.filter((line) => !/: (\.\/[a-z-]+\.ts|node:[a-z]+)$/.test(line))).toEqual([]);
});
