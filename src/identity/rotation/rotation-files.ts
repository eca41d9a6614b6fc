import { createHash } from 'node:crypto';
import { open, readFile, rm, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { OutriggerError } from '../../errors.ts';
import { createFile, replaceFile } from '../atomic-file.ts';
import type { MeshRoot } from '../workload/mesh-root.ts';
import { meshRootText, readMeshRootText } from '../workload/mesh-root-file.ts';
import { ofNext } from './next-root.ts';
import type { RotationStore, StoredRoots } from './rotate.ts';

/** A writer needs milliseconds: an older lock was left by one that was killed. */
const staleLockMs = 30_000;

/**
 * The mesh root in its file, what is to be beside it (`mesh-root.pem.next`), both 0600 and of the file's owner, who is the
 * control plane. Between reading again and writing there is a lock, so that a step is never taken twice or back.
 */
export class RotationFiles implements RotationStore {
  readonly place: string;

  constructor(path: string) {
    this.place = path;
  }

  async read(): Promise<StoredRoots> {
    const [text, waiting] = await Promise.all([this.#text(this.place), this.#text(this.nextPlace)]);
    if (text === undefined) throw new OutriggerError('OR2243', 'there is no such file', { at: this.place });
    return {
      current: readMeshRootText(text, this.place),
      next: waiting === undefined ? undefined : ofNext(() => readMeshRootText(waiting, this.nextPlace)),
      revision: createHash('sha256').update(`${text}\0${waiting}`).digest('hex'),
    };
  }

  async prepare(next: MeshRoot): Promise<void> {
    await this.#write(async (owner) => {
      await createFile({ path: this.nextPlace, text: meshRootText(next), mode: 0o600, owner });
    });
  }

  replace(root: MeshRoot, read: StoredRoots): Promise<boolean> {
    return this.#unchanged(read, (owner) =>
      replaceFile({ path: this.place, text: meshRootText(root), mode: 0o600, owner }),
    );
  }

  finish(read: StoredRoots): Promise<boolean> {
    return this.#unchanged(read, () => rm(this.nextPlace));
  }

  get nextPlace(): string {
    return `${this.place}.next`;
  }

  async #unchanged(read: StoredRoots, act: (owner: Owner) => Promise<void>): Promise<boolean> {
    const unlock = await this.#lock();
    try {
      if ((await this.read()).revision !== read.revision) return false;
      await this.#write(act);
      return true;
    } finally {
      await unlock();
    }
  }

  async #write(act: (owner: Owner) => Promise<void>): Promise<void> {
    try {
      const { uid, gid } = await stat(this.place);
      await act({ uid, gid });
    } catch (cause) {
      throw new OutriggerError('OR2203', `it cannot be written (${codeOf(cause)})`, { at: this.place, cause });
    }
  }

  /** Waits for another writer, and for the lock of one that was killed. */
  async #lock(): Promise<() => Promise<void>> {
    const path = `${this.place}.lock`;
    const release = () => rm(path, { force: true });
    for (;;) {
      try {
        await (await open(path, 'wx', 0o600)).close();
        return release;
      } catch (cause) {
        if (codeOf(cause) !== 'EEXIST') throw new OutriggerError('OR2203', codeOf(cause), { at: path, cause });
      }
      const since = await stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => Date.now(),
      );
      if (Date.now() - since > staleLockMs) await release();
      else await sleep(50);
    }
  }

  async #text(path: string): Promise<string | undefined> {
    try {
      return await readFile(path, 'utf8');
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT') return undefined;
      throw new OutriggerError('OR2201', `it cannot be read (${codeOf(cause)})`, { at: path, cause });
    }
  }
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
}
