import { isObject, type Json } from '../model/json.ts';

/** For each item of `after` the index of the item of `before` that it was; undefined for one that is new. */
export function matchItems(before: readonly Json[], after: readonly Json[]): (number | undefined)[] {
  const free = new Map<string, number[]>();
  for (let index = before.length - 1; index >= 0; index--) {
    const key = identity(before[index] ?? null);
    const same = free.get(key);
    if (same === undefined) free.set(key, [index]);
    else same.push(index);
  }
  const matched = after.map((value) => free.get(identity(value))?.pop());
  if (before.length !== after.length) return matched;
  // Objects that nothing tells apart are the same by their place.
  const taken = new Set(matched);
  return matched.map((index, place) =>
    index === undefined && !taken.has(place) && nameOf(after[place]) === undefined ? place : index,
  );
}

function identity(value: Json): string {
  return nameOf(value) ?? JSON.stringify(value);
}

/** What makes an item of a list in a pod, or an object of a List, the same item. */
function nameOf(value: Json | undefined): string | undefined {
  if (!isObject(value)) return undefined;
  const { kind, metadata } = value;
  if (isObject(metadata) && metadata['name'] !== undefined)
    return `${String(kind)} ${String(metadata['namespace'] ?? '')}/${String(metadata['name'])}`;
  const key = ['name', 'mountPath', 'containerPort', 'key'].find((field) => value[field] !== undefined);
  return key === undefined ? undefined : `${key}=${String(value[key])}`;
}
