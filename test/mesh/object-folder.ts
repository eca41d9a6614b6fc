import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ObjectSource, objectKey } from '../../src/source/object-source.ts';

/** Keeps a folder with a file for each object of a source, for a process that reads files. Each is whole or not there. */
export function writeObjects(source: ObjectSource, folder: string): () => void {
  mkdirSync(folder, { recursive: true });
  const fileOf = (key: string): string => `${key.replaceAll(/[^\w.-]/g, '_')}.json`;
  return source.onObjects(({ upserts, removals }) => {
    for (const object of upserts) {
      const file = fileOf(objectKey(object));
      writeFileSync(join(folder, `.${file}`), JSON.stringify(object.object));
      renameSync(join(folder, `.${file}`), join(folder, file));
    }
    for (const key of removals) rmSync(join(folder, fileOf(key)), { force: true });
  });
}
