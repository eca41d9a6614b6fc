import { renameSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
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

test('hints each time that a file takes the place of another, in subfolders that come, go and come back, too', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'outrigger-'));
  let hints = 0;
  const stop = watchFolder(folder, () => hints++);
  const put = (below: string): void => {
    writeFileSync(join(folder, below, '.new'), 'x');
    renameSync(join(folder, below, '.new'), join(folder, below, 'a.yaml'));
  };
  /** Over and over, and then once more. */
  const replaced = async (below: string) => {
    for (let turn = 0; turn < 10; turn++) {
      put(below);
      await delay(5);
    }
    await expect.poll(takeHints, { timeout: 5000, interval: 50 }).toBe(0);
    put(below);
    await expect.poll(takeHints, { timeout: 2000 }).toBeGreaterThan(0);
  };
  const takeHints = () => {
    const taken = hints;
    hints = 0;
    return taken;
  };
  await replaced('');
  for (let turn = 0; turn < 2; turn++) {
    await mkdir(join(folder, 'sub', 'deep'), { recursive: true });
    await replaced('sub');
    await replaced('sub/deep');
    await rm(join(folder, 'sub'), { recursive: true });
  }
  stop();
  await rm(folder, { recursive: true });
});

test('a folder that is not there gives no hints, and no error', () => {
  expect(() => watchFolder('/nowhere/at/all', () => {})()).not.toThrow();
});
