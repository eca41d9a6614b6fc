import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { walkFolder } from './walk.ts';

test('more files than can be kept are a problem, said once; the first ones are read', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-walk-'));
  try {
    for (const name of ['a', 'b', 'c', 'd']) writeFileSync(join(folder, `${name}.yaml`), '');
    const { files, problems } = await walkFolder(folder, 2);
    expect(files.map((file) => file.path)).toEqual([join(folder, 'a.yaml'), join(folder, 'b.yaml')]);
    expect(problems.map((problem) => [problem.code, problem.at])).toEqual([['OR1609', join(folder, 'c.yaml')]]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
