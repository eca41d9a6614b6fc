import type { PatchIR } from '../../ir/types/patch.ts';
import type { Message } from '../resource.ts';
import { rememberClass } from './added-place.ts';
import { canonical, merged } from './merge.ts';

/** A list of filters, chains, hosts or routes that one patch is for. */
export interface ListPatch {
  readonly patch: PatchIR;
  /** Of the items. */
  readonly type: string;
  /** An item is named by the match. */
  readonly isNamed: (item: Message) => boolean;
  /** The match names items, not only the list. */
  readonly names: boolean;
  /** What must stay in front of what is inserted first. */
  readonly ahead?: (item: Message) => boolean;
  /** Where what is added goes; the end without it. */
  readonly added?: (list: readonly Message[]) => number;
  /** What is inserted first is so only where an item is named. */
  readonly firstIfNamed?: boolean;
}

/** The list after the patch; the same one where it fits nothing. What names no item changes or removes none. */
export function patchedList(list: readonly Message[], of: ListPatch): readonly Message[] {
  const { patch, type, isNamed, names } = of;
  const value = canonical(type, patch.value) as Message;
  const { operation } = patch;
  if (operation === 'MERGE') return changed(list, isNamed, (item) => merged(type, item, value) as Message);
  if (operation === 'REPLACE') return names ? changed(list, isNamed, () => value) : list;
  if (operation === 'REMOVE') {
    const left = names ? list.filter((item) => !isNamed(item)) : list;
    return left.length === list.length ? list : left;
  }
  const at = insertionPlace(list, of);
  if (at < 0) return list;
  rememberClass(value, patch.filterClass);
  return [...list.slice(0, at), value, ...list.slice(at)];
}

function changed(
  list: readonly Message[],
  isNamed: ListPatch['isNamed'],
  change: (item: Message) => Message,
): readonly Message[] {
  return list.some(isNamed) ? list.map((item) => (isNamed(item) ? change(item) : item)) : list;
}

/** Below 0 where what it is to stand beside is not there. */
function insertionPlace(list: readonly Message[], of: ListPatch): number {
  const { patch, isNamed, names, added } = of;
  const after = patch.operation === 'INSERT_AFTER';
  if (patch.operation === 'ADD' || (!names && after)) return added?.(list) ?? list.length;
  if (!names) return firstPlace(list, of);
  if (patch.operation === 'INSERT_FIRST') return of.firstIfNamed && !list.some(isNamed) ? -1 : firstPlace(list, of);
  const at = list.findIndex(isNamed);
  return at < 0 || !after ? at : at + 1;
}

function firstPlace(list: readonly Message[], { ahead }: ListPatch): number {
  const [first] = list;
  return first !== undefined && ahead?.(first) === true ? 1 : 0;
}
