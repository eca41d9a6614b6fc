import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { watchFolder } from './watch-folder.ts';

test('hints at writes, at files in new subfolders and at swapped links; not after the stop', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'outrigger-'));
  let hints = 0;
  const stop = watchFolder(folder, () => hints++);
  const hinted = async (change: () => Promise<unknown>) => {
    const before = hints;
    await change();
    await expect.poll(() => hints, { timeout: 5000 }).toBeGreaterThan(before);
  };
  await hinted(() => writeFile(join(folder, 'a.yaml'), 'a'));
  await hinted(() => mkdir(join(folder, '..1')));
  await hinted(() => symlink('..1', join(folder, '..data_tmp')));
  await hinted(() => rename(join(folder, '..data_tmp'), join(folder, '..data')));
  stop();
  const settled = hints;
  await writeFile(join(folder, 'b.yaml'), 'b');
  await rm(folder, { recursive: true });
  expect(hints).toBe(settled);
});

test('a folder that is not there gives no hints, and no error', () => {
  expect(() => watchFolder('/nowhere/at/all', () => {})()).not.toThrow();
});
