import { OutriggerError } from '../../errors.ts';
import type { FileItem } from './file-object.ts';

export interface GatheredItems {
  /** By key, in order of their files. */
  readonly items: ReadonlyMap<string, FileItem>;
  /** One OR1603 for each object that an earlier one has the name of. */
  readonly duplicates: readonly OutriggerError[];
}

/** Of two objects with one name the first counts, in order of their files. */
export function gatherItems(all: Iterable<FileItem>): GatheredItems {
  const items = new Map<string, FileItem>();
  const duplicates: OutriggerError[] = [];
  for (const item of all) {
    const earlier = items.get(item.key);
    if (earlier === undefined) {
      items.set(item.key, item);
      continue;
    }
    const { kind, namespace, name, origin } = item.object;
    const what = `${kind} ${namespace === '' ? name : `${namespace}/${name}`}`;
    const detail = `${what} is also at ${earlier.object.origin.at}`;
    duplicates.push(new OutriggerError('OR1603', detail, { at: origin.at }));
  }
  return { items, duplicates };
}
