import type { BigIntStats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OutriggerError } from '../../errors.ts';

export interface FoundFile {
  readonly path: string;
  /** Changes whenever the content may have changed. */
  readonly signature: string;
  readonly bytes: number;
}

export interface Walk {
  /** In order of their paths. */
  readonly files: readonly FoundFile[];
  readonly problems: readonly OutriggerError[];
}

const deepest = 16;
const mostFiles = 10_000;

/**
 * The YAML and JSON files below a folder. Symbolic links are followed: the kubelet mounts a ConfigMap as links to
 * a hidden folder `..data` that it swaps. Hidden names are left out, which keeps each of those files single.
 * Throws OR1605 when the folder itself is not there.
 */
export async function walkFolder(folder: string, most = mostFiles): Promise<Walk> {
  const walk = { most, files: [] as FoundFile[], problems: [] as OutriggerError[], open: new Set<string>() };
  let real: string;
  try {
    real = await realpath(folder);
    await readdir(real);
  } catch (cause) {
    throw new OutriggerError('OR1605', `it is no folder that can be read (${codeOf(cause)})`, { at: folder, cause });
  }
  await walkInto(folder, real, walk);
  return { files: walk.files.slice(0, most), problems: walk.problems };
}

interface Progress {
  readonly most: number;
  readonly files: FoundFile[];
  readonly problems: OutriggerError[];
  /** Real paths of the folders that the walk is inside of: one met again is a loop. */
  readonly open: Set<string>;
}

async function walkInto(folder: string, real: string, walk: Progress): Promise<void> {
  if (walk.open.has(real) || walk.open.size >= deepest) {
    walk.problems.push(new OutriggerError('OR1608', 'it is not followed', { at: folder }));
    return;
  }
  walk.open.add(real);
  for (const name of await namesIn(folder, walk)) {
    if (walk.files.length > walk.most) break;
    await visit(join(folder, name), walk);
  }
  walk.open.delete(real);
}

async function namesIn(folder: string, walk: Progress): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
  } catch (cause) {
    walk.problems.push(new OutriggerError('OR1604', codeOf(cause), { at: folder, cause }));
    return [];
  }
}

async function visit(path: string, walk: Progress): Promise<void> {
  let status: BigIntStats;
  try {
    status = await stat(path, { bigint: true });
    if (status.isDirectory()) return await walkInto(path, await realpath(path), walk);
  } catch (cause) {
    // A file that vanished since its name was read is simply gone; a link to nothing or to itself is a fault.
    const code = codeOf(cause);
    walk.problems.push(new OutriggerError(code === 'ELOOP' ? 'OR1608' : 'OR1604', code, { at: path, cause }));
    return;
  }
  if (!status.isFile() || !/\.(ya?ml|json)$/i.test(path)) return;
  if (walk.files.length === walk.most) {
    walk.problems.push(new OutriggerError('OR1609', `it is one more than ${walk.most}`, { at: path }));
  }
  const { ino, size, mtimeNs, ctimeNs } = status;
  walk.files.push({ path, signature: `${ino} ${size} ${mtimeNs} ${ctimeNs}`, bytes: Number(size) });
}

export function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
}
