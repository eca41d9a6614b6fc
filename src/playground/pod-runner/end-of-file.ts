import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** The last bytes of a file that may be long, as UTF-8. */
export function endOfFile(path: string, most: number): string {
  const descriptor = openSync(path, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const bytes = Buffer.alloc(Math.min(size, most));
    const read = readSync(descriptor, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString('utf8', 0, read);
  } finally {
    closeSync(descriptor);
  }
}
