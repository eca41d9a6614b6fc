import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { Container, Pod } from '../../model/pod.ts';
import { originalKey, overridesKey, parseObject, statusKey } from './record.ts';

/**
 * What a pod had where injection changed it, as small as it can be; null means: nothing was there. Kept on
 * the pod so that `uninject` can give back exactly what came.
 */
export interface Original {
  readonly labels?: Readonly<Record<string, string | null>>;
  readonly annotations?: Readonly<Record<string, string | null>>;
  /** By container and field: probes and hooks before they were rewritten. */
  readonly handlers?: Readonly<Record<string, JsonObject>>;
  /** The user's own containers of the proxy's names, whole, in the list where they stood. */
  readonly containers?: readonly JsonObject[];
  readonly initContainers?: readonly JsonObject[];
  readonly securityContext?: Json;
}

const handlerFields = ['readinessProbe', 'livenessProbe', 'startupProbe', 'lifecycle'] as const;

export function readOriginal(pod: Pod): Original | undefined {
  return parseObject(pod.metadata.annotations?.[originalKey]) as Original | undefined;
}

/** The record of `before` -> `after`; what an earlier injection recorded stays. */
export function recordOriginal(before: Pod, after: Pod, added: readonly string[]): string {
  const earlier = readOriginal(before) ?? {};
  const original: Original = {
    labels: { ...changes(before.metadata.labels, after.metadata.labels), ...earlier.labels },
    annotations: { ...changes(userAnnotations(before), userAnnotations(after)), ...earlier.annotations },
    handlers: { ...handlerChanges(before, after, added), ...earlier.handlers },
    ...userOwned(before, added, earlier),
    ...(earlier.securityContext !== undefined
      ? { securityContext: earlier.securityContext }
      : before.spec.securityContext === after.spec.securityContext
        ? {}
        : { securityContext: (before.spec.securityContext ?? null) as Json }),
  };
  return JSON.stringify(Object.fromEntries(Object.entries(original).filter(([, value]) => !isEmpty(value))));
}

function userAnnotations(pod: Pod): Record<string, string> {
  const { [statusKey]: _s, [overridesKey]: _o, [originalKey]: _r, ...rest } = pod.metadata.annotations ?? {};
  return rest;
}

function changes(
  before: Readonly<Record<string, string>> = {},
  after: Readonly<Record<string, string>> = {},
): Record<string, string | null> {
  const changed: Record<string, string | null> = {};
  for (const key of Object.keys(after)) if (!Object.hasOwn(before, key)) changed[key] = null;
  for (const [key, value] of Object.entries(before)) if (after[key] !== value) changed[key] = value;
  return changed;
}

function handlerChanges(before: Pod, after: Pod, added: readonly string[]): Record<string, JsonObject> {
  const all = (pod: Pod) => [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  const result: Record<string, JsonObject> = {};
  const afterByName = new Map(all(after).map((container) => [container.name, container]));
  for (const container of all(before)) {
    if (added.includes(container.name)) continue;
    const changed = handlerFields.filter(
      (field) => container[field] !== undefined && afterByName.get(container.name)?.[field] !== container[field],
    );
    if (changed.length > 0)
      result[container.name] = Object.fromEntries(changed.map((field) => [field, container[field] as Json]));
  }
  return result;
}

/** Containers that the user had under names that the injection renders; only the first injection sees them whole. */
function userOwned(
  before: Pod,
  added: readonly string[],
  earlier: Original,
): Pick<Original, 'containers' | 'initContainers'> {
  if (before.metadata.annotations?.[statusKey] !== undefined) {
    return {
      ...(earlier.containers ? { containers: earlier.containers } : {}),
      ...(earlier.initContainers ? { initContainers: earlier.initContainers } : {}),
    };
  }
  const own = (list: readonly Container[] | undefined) =>
    (list ?? []).filter((container) => added.includes(container.name)) as unknown as JsonObject[];
  return { containers: own(before.spec.containers), initContainers: own(before.spec.initContainers) };
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value)
    ? value.length === 0
    : isObject(value)
      ? Object.keys(value).length === 0
      : value === undefined;
}
