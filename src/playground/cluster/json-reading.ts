import { isObject, type Json, type JsonObject } from '../../model/json.ts';

/** The value at a path of fields; undefined where there is none. */
export function valueAt(object: Json | undefined, ...path: readonly string[]): Json | undefined {
  let value: Json | undefined = object;
  for (const field of path) value = isObject(value) && Object.hasOwn(value, field) ? value[field] : undefined;
  return value;
}

export function objectAt(object: Json | undefined, ...path: readonly string[]): JsonObject {
  const value = valueAt(object, ...path);
  return isObject(value) ? value : {};
}

export function textAt(object: Json | undefined, ...path: readonly string[]): string {
  const value = valueAt(object, ...path);
  return typeof value === 'string' ? value : '';
}

export function objectsAt(object: Json | undefined, ...path: readonly string[]): JsonObject[] {
  const value = valueAt(object, ...path);
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** Labels and the like: what is no text is left out. */
export function textMapAt(object: Json | undefined, ...path: readonly string[]): Record<string, string> {
  const entries = Object.entries(objectAt(object, ...path));
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
