import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { Container, Pod } from '../../model/pod.ts';
import { decodePod } from '../review/pod-decode.ts';

export const statusKey = 'sidecar.istio.io/status';
export const overridesKey = 'proxy.istio.io/overrides';
/** What the pod had where injection changed it, so that it can be given back (`uninject`). */
export const originalKey = 'proxy.outrigger.io/original';

/** What an injection adds, by name. */
export interface AddedNames {
  readonly initContainers: readonly string[];
  readonly containers: readonly string[];
  readonly volumes: readonly string[];
  readonly imagePullSecrets: readonly string[];
}

/** Istio's record of an injection. */
export interface InjectionStatus extends AddedNames {
  readonly revision: string;
}

export interface Overrides {
  readonly containers: readonly Container[];
  readonly initContainers: readonly Container[];
}

/** Undefined where the pod was not injected before, or where the annotation is not one that an injector wrote. */
export function readStatus(pod: Pod): InjectionStatus | undefined {
  const value = parseObject(pod.metadata.annotations?.[statusKey]);
  if (value === undefined) return undefined;
  return {
    initContainers: names(value['initContainers']),
    containers: names(value['containers']),
    volumes: names(value['volumes']),
    imagePullSecrets: names(value['imagePullSecrets']),
    revision: typeof value['revision'] === 'string' ? value['revision'] : '',
  };
}

/** Istio writes null, not [], for an empty list. */
export function writeStatus(status: InjectionStatus): string {
  const list = (items: readonly string[]): Json => (items.length === 0 ? null : [...items]);
  return JSON.stringify({
    initContainers: list(status.initContainers),
    containers: list(status.containers),
    volumes: list(status.volumes),
    imagePullSecrets: list(status.imagePullSecrets),
    revision: status.revision,
  });
}

export function readOverrides(pod: Pod): Overrides {
  const value = parseObject(pod.metadata.annotations?.[overridesKey]) ?? {};
  return { containers: containers(value['containers']), initContainers: containers(value['initContainers']) };
}

export function writeOverrides(overrides: Overrides): string | undefined {
  if (overrides.containers.length === 0 && overrides.initContainers.length === 0) return undefined;
  return JSON.stringify({
    ...(overrides.containers.length > 0 ? { containers: overrides.containers } : {}),
    ...(overrides.initContainers.length > 0 ? { initContainers: overrides.initContainers } : {}),
  });
}

export function parseObject(text: string | undefined): JsonObject | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function names(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** Containers of a record that anybody may have written: those that a pod could have, else none. */
function containers(value: Json | undefined): Container[] {
  if (!Array.isArray(value) || value.length === 0) return [];
  try {
    return decodePod({ spec: { containers: value } }).spec.containers;
  } catch {
    return [];
  }
}
