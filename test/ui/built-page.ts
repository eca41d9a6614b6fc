import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'vite';

export interface BuiltPage {
  readonly folder: string;
  readonly remove: () => void;
}

/** The page as `npm run build:web` makes it, from the sources as they are now. */
export async function buildPage(): Promise<BuiltPage> {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-web-'));
  await build({
    configFile: resolve(import.meta.dirname, '../../web/vite.config.ts'),
    build: { outDir: folder },
  });
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
