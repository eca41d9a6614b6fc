import { mkdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { OutriggerError } from '../errors.ts';
import { replaceFile } from '../identity/atomic-file.ts';

export interface OutputFile {
  readonly name: string;
  readonly text: string;
  readonly mode: number;
}

/** Files in a folder, which is made when it is missing; each is replaced as a whole. Throws OR1807. */
export async function writeOutput(folder: string, files: readonly OutputFile[]): Promise<void> {
  await makeFolder(resolve(folder)).catch(unwritable(folder));
  for (const { name, text, mode } of files) {
    const path = join(folder, name);
    await replaceFile({ path, text, mode }).catch(unwritable(path));
  }
}

/** Not `recursive` of Node, which never ends where a folder is there and takes none (/proc: ENOENT again and again). */
async function makeFolder(path: string): Promise<void> {
  if (await isFolder(path)) return;
  if (dirname(path) !== path) await makeFolder(dirname(path));
  await mkdir(path);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return false;
    throw cause;
  }
}

function unwritable(at: string): (cause: unknown) => never {
  return (cause) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unwritable';
    throw new OutriggerError('OR1807', `it cannot be written (${code})`, { at, cause });
  };
}
