import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { Container, Named, Pod } from '../../model/pod.ts';
import { type AddedNames, originalKey, overridesKey, parseObject, readStatus, statusKey } from './record.ts';

type Texts = Readonly<Record<string, string | null>>;
type ListName = keyof AddedNames;
/** Items of a list by the place where they stood. */
type Placed = Readonly<Record<string, JsonObject>>;

/**
 * What a pod had where injection changed it, as small as it can be; null means: nothing was there. Kept on
 * the pod so that `uninject` can give back exactly what came.
 */
export interface Original {
  readonly labels?: Texts;
  readonly annotations?: Texts;
  /** By container and field: probes and hooks before they were rewritten. */
  readonly handlers?: Readonly<Record<string, JsonObject>>;
  /** The user's own items under names that the injection renders, whole. */
  readonly owned?: { readonly [list in ListName]?: Placed };
  readonly securityContext?: Json;
}

export const listNames: readonly ListName[] = ['initContainers', 'containers', 'volumes', 'imagePullSecrets'];
const handlerFields = ['readinessProbe', 'livenessProbe', 'startupProbe', 'lifecycle'] as const;

export function readOriginal(pod: Pod): Original | undefined {
  return parseObject(pod.metadata.annotations?.[originalKey]) as Original | undefined;
}

/** The record of `before` -> `after`; what an earlier injection recorded stays. */
export function recordOriginal(before: Pod, after: Pod, added: AddedNames): string {
  const injected = readStatus(before) !== undefined;
  const earlier = (injected ? readOriginal(before) : undefined) ?? {};
  const original: Original = {
    labels: { ...changes(before.metadata.labels, after.metadata.labels), ...earlier.labels },
    annotations: { ...changes(userAnnotations(before), userAnnotations(after)), ...earlier.annotations },
    handlers: { ...handlerChanges(before, after, added), ...earlier.handlers },
    owned: injected ? (earlier.owned ?? {}) : userOwned(before, added),
    ...securityChange(before, after, earlier),
  };
  return JSON.stringify(Object.fromEntries(Object.entries(original).filter(([, value]) => !isEmpty(value))));
}

function securityChange(before: Pod, after: Pod, earlier: Original): Pick<Original, 'securityContext'> {
  if (earlier.securityContext !== undefined) return { securityContext: earlier.securityContext };
  if (before.spec.securityContext === after.spec.securityContext) return {};
  return { securityContext: before.spec.securityContext ?? null };
}

function userAnnotations(pod: Pod): Record<string, string> {
  const { [statusKey]: _s, [overridesKey]: _o, [originalKey]: _r, ...rest } = pod.metadata.annotations ?? {};
  return rest;
}

type TextMap = Readonly<Record<string, string>>;

function changes(before: TextMap = {}, after: TextMap = {}): Record<string, string | null> {
  const changed: [string, string | null][] = [];
  for (const key of Object.keys(after)) if (!Object.hasOwn(before, key)) changed.push([key, null]);
  for (const [key, value] of Object.entries(before)) {
    if (!Object.hasOwn(after, key) || after[key] !== value) changed.push([key, value]);
  }
  return Object.fromEntries(changed);
}

function handlerChanges(before: Pod, after: Pod, added: AddedNames): Record<string, JsonObject> {
  const all = (pod: Pod): Container[] => [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  const afterByName = new Map(all(after).map((container) => [container.name, container]));
  const rendered = [...added.containers, ...added.initContainers];
  const changed = all(before).flatMap((container): [string, JsonObject][] => {
    if (rendered.includes(container.name)) return [];
    const other = afterByName.get(container.name);
    const fields = handlerFields.filter(
      (field) => container[field] !== undefined && other?.[field] !== container[field],
    );
    if (fields.length === 0) return [];
    return [[container.name, Object.fromEntries(fields.map((field) => [field, container[field] as Json]))]];
  });
  return Object.fromEntries(changed);
}

function userOwned(before: Pod, added: AddedNames): NonNullable<Original['owned']> {
  const rendered = new Set([...added.containers, ...added.initContainers]);
  const owned = listNames.map((list): [ListName, Placed] => {
    const names = list === 'containers' || list === 'initContainers' ? rendered : new Set(added[list]);
    const items = (before.spec[list] ?? []) as readonly Named[];
    return [
      list,
      Object.fromEntries(
        items.flatMap((item, index) => (names.has(item.name) ? [[index, item as unknown as JsonObject]] : [])),
      ),
    ];
  });
  return Object.fromEntries(owned.filter(([, placed]) => !isEmpty(placed)));
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (isObject(value) && Object.keys(value).length === 0);
}
