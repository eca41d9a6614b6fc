import { flattenList } from '../inject/review/workload-object.ts';
import type { JsonObject } from '../model/json.ts';

/** One object as it is; several as one v1 List, as kubectl prints them. */
export function printJson(objects: readonly JsonObject[]): string {
  const [first] = objects;
  const items = objects.length === 1 ? [] : objects.flatMap(flattenList);
  const value = objects.length === 1 ? first : { apiVersion: 'v1', kind: 'List', items };
  return `${JSON.stringify(value, null, 2)}\n`;
}
