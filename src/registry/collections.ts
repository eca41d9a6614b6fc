/** A value that came, went or became another; a change has at least one of both. */
export interface Change<V> {
  readonly key: string;
  readonly before: V | undefined;
  readonly value: V | undefined;
}

interface Aged {
  readonly namespace: string;
  readonly name: string;
  readonly createdAt: number;
}

/** Older ones win conflicts; of equal age, by namespace and name, whatever came first. */
export function byAge(left: Aged, right: Aged): number {
  if (left.createdAt !== right.createdAt) return left.createdAt - right.createdAt;
  return byText(left.namespace, right.namespace) || byText(left.name, right.name);
}

export function byText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** The list after the changes; the same list when there is none. */
export function changeList<V>(
  list: readonly V[],
  changes: readonly Change<V>[],
  compare: (left: V, right: V) => number,
): readonly V[] {
  if (changes.length === 0) return list;
  const gone = new Set(changes.map((change) => change.before));
  const next = list.filter((value) => !gone.has(value));
  for (const { value } of changes) if (value !== undefined) next.push(value);
  return next.sort(compare);
}

/** The map after the changes, in order of its keys; the same map when there is none. */
export function changeMap<V>(map: ReadonlyMap<string, V>, changes: readonly Change<V>[]): ReadonlyMap<string, V> {
  if (changes.length === 0) return map;
  const next = new Map(map);
  for (const { key, value } of changes) {
    if (value === undefined) next.delete(key);
    else next.set(key, value);
  }
  if (changes.every(({ before, value }) => before !== undefined || value === undefined)) return next;
  return new Map([...next].sort(([left], [right]) => byText(left, right)));
}

/** Many values under one key. */
export class GroupedKeys {
  readonly #groups = new Map<string, Set<string>>();

  add(group: string, key: string): void {
    const keys = this.#groups.get(group);
    if (keys === undefined) this.#groups.set(group, new Set([key]));
    else keys.add(key);
  }

  delete(group: string, key: string): void {
    const keys = this.#groups.get(group);
    keys?.delete(key);
    if (keys?.size === 0) this.#groups.delete(group);
  }

  get(group: string): Iterable<string> {
    return this.#groups.get(group) ?? [];
  }
}
