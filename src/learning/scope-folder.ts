import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OutriggerError } from '../errors.ts';
import { replaceFile } from '../identity/atomic-file.ts';
import type { ScopeStore, StoredText } from './scope-store.ts';

/** In the state folder of a control plane. */
export const learntScopesFolder = 'learnt-scopes';

const nameForm = /^([a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)\.json$/;

/** A file for each namespace, `<namespace>.json`, in a folder of one control plane alone. */
export class ScopeFolder implements ScopeStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async read(): Promise<ReadonlyMap<string, StoredText>> {
    try {
      const names = (await readdir(this.#folder)).flatMap((name) => nameForm.exec(name)?.[1] ?? []);
      const found = await Promise.all(
        names.map(async (name) => {
          const text = await readFile(join(this.#folder, `${name}.json`), 'utf8');
          return [name, { text, version: '' }] as const;
        }),
      );
      return new Map(found);
    } catch (cause) {
      // A control plane makes it when it has something to keep; the folder around it is there before.
      if (codeOf(cause) === 'ENOENT') return new Map();
      throw new OutriggerError('OR2480', `it cannot be read (${codeOf(cause)})`, { at: this.#folder, cause });
    }
  }

  async write(namespace: string, text: string): Promise<boolean> {
    const path = join(this.#folder, `${namespace}.json`);
    try {
      await replaceFile({ path, text, mode: 0o644 });
      return true;
    } catch (cause) {
      throw new OutriggerError('OR2480', `it cannot be written (${codeOf(cause)})`, { at: path, cause });
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
}
