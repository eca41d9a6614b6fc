import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface AtomicFile {
  readonly path: string;
  readonly text: string;
  /** Permission bits of the file, whatever the umask. */
  readonly mode: number;
  /** Whose it is to be; this user's without it. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/** Whole or not at all, also after a power cut. The folder is made, for this user only, when it is missing. */
export async function replaceFile(file: AtomicFile): Promise<void> {
  const temporary = await writeBeside(file);
  await rename(temporary, file.path);
  await syncFolder(file.path);
}

/** As `replaceFile`, but a file that is there already stays as it is. Tells whether this one was taken. */
export async function createFile(file: AtomicFile): Promise<boolean> {
  const temporary = await writeBeside(file);
  try {
    await link(temporary, file.path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  await syncFolder(file.path);
  return true;
}

async function writeBeside(file: AtomicFile): Promise<string> {
  await mkdir(dirname(file.path), { recursive: true, mode: 0o700 });
  const temporary = `${file.path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const handle = await open(temporary, 'wx', file.mode);
    try {
      await handle.writeFile(file.text);
      if (file.owner !== undefined) await handle.chown(file.owner.uid, file.owner.gid);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await chmod(temporary, file.mode);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  return temporary;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
