import jsonPatch, { type Operation } from 'fast-json-patch';
import type { Named, Pod } from '../../model/pod.ts';

/** Private-use characters, which no text of ours has, in the quotes of JSON. */
const markPattern = /"\uE000(\d+)\uE001"/g;

/**
 * The RFC 6902 patch from `before` to `after`, as text, '' for none.
 *
 * `compare` copies every value that it adds, and nearly all of them are the containers and volumes that injection
 * adds whole: each travels as a mark and is put in at the end. Where the marks do not come out once each (a pod that
 * holds such characters itself), the documents are compared as they are.
 */
export function diffPods(before: Pod, after: Pod): string {
  const added: Named[] = [];
  const marked = print(jsonPatch.compare(before, markAdded(before, after, added)));
  const seen = new Set<number>();
  let strange = false;
  const patch = marked.replace(markPattern, (_mark, index: string) => {
    const item = added[Number(index)];
    strange ||= item === undefined || seen.has(Number(index));
    seen.add(Number(index));
    return JSON.stringify(item ?? null);
  });
  return strange || seen.size !== added.length ? print(jsonPatch.compare(before, after)) : patch;
}

/** The patch as data. */
export function parsePatch(patchJson: string): readonly Operation[] {
  return patchJson === '' ? [] : (JSON.parse(patchJson) as Operation[]);
}

function print(operations: readonly Operation[]): string {
  return operations.length === 0 ? '' : JSON.stringify(operations);
}

const lists = ['containers', 'initContainers', 'volumes'] as const;

/** A mark stands for each item that `before` has not; the others are compared field by field. */
function markAdded(before: Pod, after: Pod, added: Named[]): Pod {
  const spec: Record<string, unknown> = { ...after.spec };
  for (const list of lists) {
    const items: readonly Named[] | undefined = after.spec[list];
    if (items === undefined) continue;
    const known = new Set((before.spec[list] ?? []).map((item) => item.name));
    spec[list] = items.map((item) => (known.has(item.name) ? item : `\uE000${added.push(item) - 1}\uE001`));
  }
  return { ...after, spec: spec as Pod['spec'] };
}
