import { type FSWatcher, watch } from 'node:fs';

/**
 * Calls `hint` when something below the folder may have changed. A hint only: watches miss what happens
 * behind symbolic links and on network file systems, so whoever listens also polls. Returns how to stop.
 */
export function watchFolder(folder: string, hint: () => void): () => void {
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(folder, { recursive: true, persistent: false }, () => hint());
    watcher.on('error', () => watcher?.close());
  } catch {
    // Out of watches, or no such folder any more: polling goes on.
    watcher = undefined;
  }
  return () => watcher?.close();
}
