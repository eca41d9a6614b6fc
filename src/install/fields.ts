import { isObject, type Json } from '../model/json.ts';

/** What is at a path of an answer of the API; undefined where there is nothing. */
export function at(value: unknown, ...steps: readonly string[]): Json | undefined {
  return steps.reduce<unknown>((inner, step) => (isObject(inner) ? inner[step] : undefined), value) as Json | undefined;
}

export function textAt(value: unknown, ...steps: readonly string[]): string {
  const found = at(value, ...steps);
  return typeof found === 'string' ? found : '';
}

/** The texts of a map, by name. */
export function textMapAt(value: unknown, ...steps: readonly string[]): Readonly<Record<string, string>> {
  const found = at(value, ...steps);
  const entries = isObject(found) ? Object.entries(found) : [];
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

export function numberAt(value: unknown, ...steps: readonly string[]): number {
  const found = at(value, ...steps);
  return typeof found === 'number' ? found : 0;
}

export function listAt(value: unknown, ...steps: readonly string[]): readonly Json[] {
  const found = at(value, ...steps);
  return Array.isArray(found) ? found : [];
}

/** The status of a condition: True, False, Unknown, or ''. */
export function conditionOf(object: unknown, type: string): string {
  const found = listAt(object, 'status', 'conditions').find((condition) => textAt(condition, 'type') === type);
  return textAt(found, 'status');
}
