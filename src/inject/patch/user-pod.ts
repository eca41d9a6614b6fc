import type { Container, Named, Pod } from '../../model/pod.ts';
import {
  type InjectionStatus,
  type Overrides,
  originalKey,
  overridesKey,
  readOverrides,
  readStatus,
  statusKey,
} from './record.ts';

/**
 * The pod as its user wrote it, as far as templates look at it: without the containers and volumes that an
 * earlier injection added, with the user's own istio-proxy back. Not injected before: the very same object.
 */
export function userPod(pod: Pod): Pod {
  const status = readStatus(pod);
  if (status === undefined) return pod;
  const overrides = readOverrides(pod);
  const { [statusKey]: _s, [overridesKey]: _o, [originalKey]: _r, ...annotations } = pod.metadata.annotations ?? {};
  return {
    ...pod,
    metadata: { ...pod.metadata, annotations },
    spec: {
      ...pod.spec,
      containers: [...withoutNamed(pod.spec.containers, status.containers), ...overrides.containers],
      initContainers: [
        ...withoutNamed(pod.spec.initContainers ?? [], status.initContainers),
        ...overrides.initContainers,
      ],
      volumes: withoutNamed(pod.spec.volumes ?? [], status.volumes),
    },
  };
}

/**
 * The pod without records that no injection wrote: overrides and original mean nothing without a status, and would
 * be believed at the next call.
 */
export function withoutForgedRecords(pod: Pod): Pod {
  const { annotations } = pod.metadata;
  if (annotations === undefined || readStatus(pod) !== undefined) return pod;
  if (!(overridesKey in annotations) && !(originalKey in annotations)) return pod;
  const { [overridesKey]: _o, [originalKey]: _r, ...kept } = annotations;
  return { ...pod, metadata: { ...pod.metadata, annotations: kept } };
}

/** The user's own containers of those names that a template renders: they override it, field by field. */
export function userContainers(pod: Pod, rendered: readonly string[]): Overrides {
  const status = readStatus(pod);
  if (status === undefined) {
    const own = (list: readonly Container[] | undefined) =>
      (list ?? []).filter((container) => rendered.includes(container.name));
    return { containers: own(pod.spec.containers), initContainers: own(pod.spec.initContainers) };
  }
  const recorded = readOverrides(pod);
  const known = new Set([...recorded.containers, ...recorded.initContainers].map((container) => container.name));
  const listed = new Set([...status.containers, ...status.initContainers]);
  const added = (list: readonly Container[] | undefined) =>
    (list ?? []).filter(
      (container) => rendered.includes(container.name) && !listed.has(container.name) && !known.has(container.name),
    );
  return {
    containers: [...recorded.containers, ...added(pod.spec.containers)],
    initContainers: [...recorded.initContainers, ...added(pod.spec.initContainers)],
  };
}

/** Names in the order of the list. */
export function namesOf(list: readonly Named[]): string[] {
  return list.map((item) => item.name);
}

export function withoutNamed<T extends Named>(list: readonly T[], names: readonly string[]): T[] {
  return list.filter((item) => !names.includes(item.name));
}

export type { InjectionStatus };
