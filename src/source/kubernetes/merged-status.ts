import { isDeepStrictEqual } from 'node:util';
import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import { objectsAt } from '../../model/json-fields.ts';
import { gatewayControllers } from '../../schema/dialect-kinds.ts';

/**
 * The status as it is to be: what is wanted, with the times of conditions that did not change, and with what other
 * controllers have written there (https://gateway-api.sigs.k8s.io/reference/spec/ RouteStatus, GatewayStatus).
 */
export function mergedStatus(actual: JsonObject, wanted: JsonObject, now: string): JsonObject {
  const merged: JsonObject = { ...actual, ...wanted };
  if (Array.isArray(wanted['conditions'])) merged['conditions'] = conditionsOf(actual, wanted, now);
  if (Array.isArray(wanted['listeners']))
    merged['listeners'] = objectsAt(wanted, 'listeners').map((listener) => {
      const before = objectsAt(actual, 'listeners').find(({ name }) => name === listener['name']) ?? {};
      return { ...listener, conditions: conditionsOf(before, listener, now) };
    });
  if (Array.isArray(wanted['parents'])) merged['parents'] = parentsOf(actual, wanted, now);
  return merged;
}

function parentsOf(actual: JsonObject, wanted: JsonObject, now: string): Json[] {
  const before = objectsAt(actual, 'parents');
  const others = before.filter(({ controllerName }) => !gatewayControllers.includes(String(controllerName)));
  const ours = objectsAt(wanted, 'parents').map((parent) => {
    const same = before.find(
      ({ controllerName, parentRef }) =>
        controllerName === parent['controllerName'] && isDeepStrictEqual(parentRef, parent['parentRef']),
    );
    return { ...parent, conditions: conditionsOf(same ?? {}, parent, now) };
  });
  return [...others, ...ours];
}

/** Those of other types stay; one whose status is as it was keeps its time. */
function conditionsOf(actual: JsonObject, wanted: JsonObject, now: string): Json[] {
  const before = objectsAt(actual, 'conditions');
  const types = new Set(objectsAt(wanted, 'conditions').map(({ type }) => type));
  const ours = objectsAt(wanted, 'conditions').map((condition) => {
    const same = before.find(({ type, status }) => type === condition['type'] && status === condition['status']);
    return { ...condition, lastTransitionTime: same?.['lastTransitionTime'] ?? now };
  });
  return [...before.filter(({ type }) => !types.has(type)), ...ours];
}

/** Whether a write would change anything but a time. */
export function isUpToDate(actual: JsonObject, wanted: JsonObject): boolean {
  return isDeepStrictEqual(withoutOrder(actual), withoutOrder(mergedStatus(actual, wanted, '')));
}

/** The order of members, of conditions and of parents is nobody's matter, an empty status is none. */
function withoutOrder(value: Json): Json {
  if (Array.isArray(value)) {
    const items = value.map(withoutOrder);
    return items.every(isObject) ? items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : items;
  }
  if (!isObject(value)) return value;
  const members = Object.entries(value).filter(([, member]) => !(Array.isArray(member) && member.length === 0));
  return Object.fromEntries(
    members.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, member]) => [key, withoutOrder(member)]),
  );
}
