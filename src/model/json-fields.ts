import { isObject, type Json, type JsonObject } from './json.ts';

/** Reads of objects that were not checked: what is absent or of another type counts as not set. */
export function fieldAt(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  let found = value;
  for (const key of path) found = isObject(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  return found;
}

export function textAt(value: Json | undefined, ...path: readonly string[]): string {
  const found = fieldAt(value, ...path);
  return typeof found === 'string' ? found : '';
}

export function textsAt(value: Json | undefined, ...path: readonly string[]): string[] {
  const found = fieldAt(value, ...path);
  return Array.isArray(found) ? found.filter((item) => typeof item === 'string' && item !== '').map(String) : [];
}

export function objectsAt(value: Json | undefined, ...path: readonly string[]): JsonObject[] {
  const found = fieldAt(value, ...path);
  return Array.isArray(found) ? found.filter(isObject) : [];
}

export function textMapAt(value: Json | undefined, ...path: readonly string[]): Record<string, string> {
  const found = fieldAt(value, ...path);
  const entries = Object.entries(isObject(found) ? found : {});
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** Milliseconds since the epoch; 0 when unknown. */
export function createdAt(object: JsonObject): number {
  const parsed = Date.parse(textAt(object, 'metadata', 'creationTimestamp'));
  return Number.isFinite(parsed) ? parsed : 0;
}

/** A port that can be one. */
export function isPort(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65_536;
}
