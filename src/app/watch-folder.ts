import { type FSWatcher, lstatSync, readdirSync, watch } from 'node:fs';
import { join, sep } from 'node:path';

/**
 * Calls `hint` when something below the folder may have changed. A hint only: watches miss what happens
 * behind symbolic links and on network file systems, so whoever listens also polls. Returns how to stop.
 */
export function watchFolder(folder: string, hint: () => void): () => void {
  const watched = new WatchedFolders(hint);
  watched.add(folder);
  return () => watched.remove(folder);
}

/**
 * One watch a folder. Node's own recursive watch has one for each file, and of a file that is replaced by another under its
 * name, as editors and `mv` do it, it tells nothing any more.
 */
class WatchedFolders {
  readonly #hint: () => void;
  readonly #watchers = new Map<string, FSWatcher>();

  constructor(hint: () => void) {
    this.#hint = hint;
  }

  add(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, (event, name) => {
        this.#hint();
        if (event === 'rename' && name !== null) this.#look(join(folder, name));
      });
      watcher.on('error', () => this.remove(folder));
      this.#watchers.set(folder, watcher);
      for (const entry of readdirSync(folder, { withFileTypes: true }))
        if (entry.isDirectory()) this.add(join(folder, entry.name));
    } catch {
      // Out of watches, or no such folder any more: polling goes on.
    }
  }

  /** Something came, went, or took the place of another. */
  #look(path: string): void {
    this.remove(path);
    if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true) this.add(path);
  }

  /** With all below. */
  remove(folder: string): void {
    for (const [path, watcher] of this.#watchers) {
      if (path !== folder && !path.startsWith(folder + sep)) continue;
      watcher.close();
      this.#watchers.delete(path);
    }
  }
}
