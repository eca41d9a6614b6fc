import { OutriggerError } from '../../errors.ts';
import { isObject, type Json, type JsonObject } from '../../model/json.ts';

/**
 * Strategic merge patch over a Pod, as Kubernetes does it
 * (https://github.com/kubernetes/design-proposals-archive/blob/main/cli/preserve-order-in-strategic-merge-patch.md).
 *
 * The base is never changed; whatever the patch does not touch is the same object in the result, which is
 * what makes the comparison at the very end cheap.
 */
interface ListRule {
  /** The field by which items are the same; undefined: a list of scalars that is united. */
  readonly key: string | undefined;
}

/** `patchMergeKey` of the lists in a pod, by field name; lists not named are replaced (k8s.io/api/core/v1/types.go). */
const lists: Readonly<Record<string, ListRule>> = {
  containers: { key: 'name' },
  initContainers: { key: 'name' },
  ephemeralContainers: { key: 'name' },
  volumes: { key: 'name' },
  env: { key: 'name' },
  imagePullSecrets: { key: 'name' },
  ports: { key: 'containerPort' },
  volumeMounts: { key: 'mountPath' },
  volumeDevices: { key: 'devicePath' },
  hostAliases: { key: 'ip' },
  topologySpreadConstraints: { key: 'topologyKey' },
  ownerReferences: { key: 'uid' },
  finalizers: { key: undefined },
};

/** Fields whose value is a union: what the patch does not name goes (`patchStrategy: merge,retainKeys`). */
const retainKeys = new Set(['volumes']);
const directive = '$patch';

/** @throws OutriggerError OR1304 where base and patch do not fit. */
export function mergeObjects(base: JsonObject, patch: JsonObject, path = ''): JsonObject {
  if (patch[directive] === 'replace') return without(patch, directive);
  if (patch[directive] === 'delete') return {};
  let result = base;
  for (const key of Object.keys(patch)) {
    if (key.startsWith('$')) continue;
    const before = Object.hasOwn(base, key) ? base[key] : undefined;
    const after = mergeValue(before, patch[key] ?? null, key, path === '' ? key : `${path}.${key}`);
    if (after === before) continue;
    if (result === base) result = { ...base };
    assign(result, key, after);
  }
  return result;
}

function mergeValue(base: Json | undefined, patch: Json, key: string, path: string): Json | undefined {
  if (patch === null) return undefined;
  if (isObject(patch)) {
    if (base === undefined || base === null) return withoutDirectives(patch);
    if (!isObject(base)) throw misfit(path, 'a mapping', base);
    return mergeObjects(base, patch, path);
  }
  if (Array.isArray(patch)) {
    if (base !== undefined && base !== null && !Array.isArray(base)) throw misfit(path, 'a list', base);
    return mergeLists(base ?? [], patch, key, path);
  }
  return patch === base ? base : patch;
}

function mergeLists(base: readonly Json[], patch: Json[], field: string, path: string): Json[] {
  const rule = Object.hasOwn(lists, field) ? lists[field] : undefined;
  if (rule === undefined) return patch;
  if (rule.key === undefined) return [...base, ...patch.filter((item) => !base.includes(item))];
  if (patch.some((item) => isObject(item) && item[directive] === 'replace' && Object.keys(item).length === 1)) {
    return patch.filter((item) => !(isObject(item) && item[directive] === 'replace'));
  }
  return mergeKeyedLists(base, patch, { key: rule.key, field, path });
}

interface KeyedList {
  readonly key: string;
  readonly field: string;
  readonly path: string;
}

function mergeKeyedLists(base: readonly Json[], patch: readonly Json[], list: KeyedList): Json[] {
  const baseItems = base.map((item, index) =>
    isAnonymous(item, list) ? { id: `#${index}`, value: item } : keyed(item, list),
  );
  const patchItems = patch.map((item) => keyed(item, list));
  const deleted = new Set(patchItems.filter((item) => item.value[directive] === 'delete').map((item) => item.id));
  const patches = new Map(patchItems.filter((item) => !deleted.has(item.id)).map((item) => [item.id, item.value]));
  const basePositions = new Map(baseItems.map((item, index) => [item.id, index]));
  const kept = baseItems.filter((item) => !deleted.has(item.id));
  const left = kept.filter((item) => !patches.has(item.id));
  const right = [...patches.entries()].map(([id, value]) => {
    const index = basePositions.get(id);
    const before = index === undefined ? undefined : baseItems[index]?.value;
    return { id, value: before === undefined ? withoutDirectives(value) : mergeItem(before, value, list) };
  });
  return interleave(left, right, basePositions).map((item) => item.value);
}

function mergeItem(before: JsonObject, patch: JsonObject, list: KeyedList): JsonObject {
  if (patch[directive] === 'replace') return without(patch, directive);
  const merged = mergeObjects(before, patch, list.path);
  if (!retainKeys.has(list.field)) return merged;
  const extra = Object.keys(merged).filter((key) => !Object.hasOwn(patch, key));
  return extra.length === 0
    ? merged
    : Object.fromEntries(Object.entries(merged).filter(([key]) => !extra.includes(key)));
}

interface Item {
  readonly id: Json;
  readonly value: JsonObject;
}

/** Items that only the base has keep their place among the patched ones; new items come before them. */
function interleave(left: readonly Item[], right: readonly Item[], positions: ReadonlyMap<Json, number>): Item[] {
  const result: Item[] = [];
  let next = 0;
  for (const item of right) {
    const position = positions.get(item.id);
    while (position !== undefined && next < left.length && (positions.get(left[next]?.id ?? null) ?? 0) < position) {
      result.push(...left.slice(next, ++next));
    }
    result.push(item);
  }
  return [...result, ...left.slice(next)];
}

/** An item of the pod without the key matches nothing and stays where it is. */
function isAnonymous(item: Json, list: KeyedList): item is JsonObject {
  return isObject(item) && (item[list.key] === undefined || item[list.key] === null);
}

function keyed(item: Json, list: KeyedList): Item {
  const id = isObject(item) ? item[list.key] : undefined;
  if (!isObject(item) || id === undefined || isObject(id) || Array.isArray(id)) {
    throw new OutriggerError('OR1304', `each item needs a ${list.key}`, { at: list.path });
  }
  // Kubernetes merges ports by number alone and loses one of 53/TCP and 53/UDP; that is a known fault of it.
  return { id: list.field === 'ports' ? `${String(id)}/${String(item['protocol'] ?? 'TCP')}` : id, value: item };
}

function withoutDirectives(value: JsonObject): JsonObject {
  return Object.hasOwn(value, directive) ? without(value, directive) : value;
}

function without(value: JsonObject, key: string): JsonObject {
  const { [key]: _gone, ...rest } = value;
  return rest;
}

/** Undefined takes the key out. Plain assignment would make `__proto__` a prototype. */
function assign(target: JsonObject, key: string, value: Json | undefined): void {
  if (value === undefined) delete target[key];
  else if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  else target[key] = value;
}

function misfit(path: string, expected: string, found: Json): OutriggerError {
  const kind = Array.isArray(found) ? 'a list' : typeof found === 'object' ? 'a mapping' : `a ${typeof found}`;
  return new OutriggerError('OR1304', `${expected} is expected, but the pod has ${kind}`, { at: path });
}
