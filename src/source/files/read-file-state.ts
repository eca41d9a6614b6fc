import { readFile } from 'node:fs/promises';
import { OutriggerError } from '../../errors.ts';
import { type FileItem, itemOf } from './file-object.ts';
import { collectFault, parseObjects } from './parse-objects.ts';
import { unreadKind } from './unread-kind.ts';
import { codeOf, type FoundFile } from './walk.ts';

/** What is known of one file. */
export interface FileState {
  readonly signature: string;
  /** Of a file with a fault: what can be read of it, and what it had before besides. */
  readonly items: readonly FileItem[];
  /** Objects of kinds that nothing reads, as `apiVersion kind`. */
  readonly ignored: readonly string[];
  /** Objects among those that their author counts on. */
  readonly notices: readonly OutriggerError[];
  readonly problems: readonly OutriggerError[];
}

const mostBytes = 1024 * 1024;

/**
 * Reads a file. What cannot be read of it is a problem each, and the rest counts. While it has a problem nothing of
 * it goes away: an object that it had before and does not state now may be the one that is broken.
 */
export async function readFileState(file: FoundFile, known: FileState | undefined): Promise<FileState> {
  const read = {
    ...{ items: [] as FileItem[], ignored: [] as string[] },
    ...{ notices: [] as OutriggerError[], problems: [] as OutriggerError[] },
  };
  try {
    if (file.bytes > mostBytes) {
      throw new OutriggerError('OR1602', `it has ${file.bytes} bytes`, { at: file.path });
    }
    addText(await readText(file.path), file.path, read);
  } catch (error) {
    if (!(error instanceof OutriggerError)) throw error;
    read.problems.push(error);
  }
  if (read.problems.length > 0) {
    const stated = new Set(read.items.map((item) => item.key));
    read.items.push(...(known?.items ?? []).filter((item) => !stated.has(item.key)));
  }
  return { signature: file.signature, ...read };
}

interface Reading {
  readonly items: FileItem[];
  readonly ignored: string[];
  readonly notices: OutriggerError[];
  readonly problems: OutriggerError[];
}

function addText(text: string, path: string, read: Reading): void {
  const { objects, problems } = parseObjects(text, path);
  read.problems.push(...problems);
  for (const object of objects) {
    collectFault(read.problems, () => {
      const item = itemOf(object);
      if (item !== undefined) {
        read.items.push(item);
        return;
      }
      read.ignored.push(`${object.apiVersion} ${object.kind}`);
      const notice = unreadKind(object);
      if (notice !== undefined) read.notices.push(notice);
    });
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new OutriggerError('OR1604', codeOf(cause), { at: path, cause });
  }
}
