import { asOutriggerError, type OutriggerError } from '../errors.ts';
import type { InstalledRevisions } from '../model/installed-revisions.ts';
import { isObject, type Json, type JsonObject } from '../model/json.ts';
import type { ClusterFacts, NamespaceFacts, NodeFacts, Pod } from '../model/pod.ts';
import type { InjectOutcome, Injector } from './injector.ts';
import { restorePod } from './patch/restore.ts';
import {
  type EmbeddedPod,
  findEmbeddedPod,
  findMetadata,
  listItems,
  replaceEmbeddedPod,
  replaceMetadata,
} from './review/workload-object.ts';

export interface Surroundings {
  readonly injector: Injector;
  /** Facts of a namespace by name; undefined name: the object names none. */
  readonly namespaceOf: (name: string | undefined) => NamespaceFacts | UnknownNamespace;
  readonly nodes: readonly NodeFacts[];
  readonly proxyConfigsOf?: ClusterFacts['proxyConfigs'];
  readonly bootstrapFiltersOf?: ClusterFacts['bootstrapFilters'];
  readonly stoppedInjectionOf?: ClusterFacts['stoppedInjection'];
  /** Beyond what the settings of the injector say. */
  readonly installed?: InstalledRevisions | undefined;
}

/** A namespace that nobody knows: the webhook would refuse its pods. */
export interface UnknownNamespace {
  readonly name: string;
  readonly error: OutriggerError;
}

/** What became of one object that has a pod. */
export interface ObjectInjection {
  readonly embedded: EmbeddedPod;
  readonly namespace: string;
  readonly before: JsonObject;
  /** The same object as `before` where nothing changed. */
  readonly after: JsonObject;
  readonly outcome: InjectOutcome | undefined;
  /** Why the pod would be refused. */
  readonly error: OutriggerError | undefined;
}

/**
 * Injects the pod of an object, or of each item of a List. Kinds without a pod stay as they are.
 * An unexpected error is thrown, an expected refusal is a value.
 */
export function injectObject(
  object: JsonObject,
  around: Surroundings,
): { after: JsonObject; results: ObjectInjection[] } {
  return overItems(object, (item) => {
    const embedded = findEmbeddedPod(item);
    return embedded === undefined ? undefined : injectOne(item, embedded, around);
  });
}

/** Takes injection out again, from everything that has it. */
export function uninjectObject(object: JsonObject): {
  after: JsonObject;
  results: { embedded: EmbeddedPod; changed: boolean; after: JsonObject }[];
} {
  return overItems(object, (item) => {
    const embedded = findEmbeddedPod(item);
    if (embedded === undefined) return undefined;
    const after = restoreObject(item, embedded);
    return { embedded, changed: after !== item, after };
  });
}

function restoreObject(item: JsonObject, { pod, path }: EmbeddedPod): JsonObject {
  const restored = restorePod(pod);
  if (restored !== pod) return replaceEmbeddedPod(item, path, withoutEmptyMetadata(restored));
  if (path.at(-3) !== 'jobTemplate') return item;
  // Istio's kube-inject writes what it records of a CronJob one level too high.
  const above = { ...pod, metadata: findMetadata(item, path.slice(0, -2)) };
  const { metadata, spec } = restorePod(above);
  if (spec === above.spec) return item;
  const after = replaceEmbeddedPod(item, path, withoutEmptyMetadata({ ...pod, spec }));
  return replaceMetadata(after, path.slice(0, -2), metadata);
}

/** A pod template may come without metadata; injection needs it, and takes it out again. */
function withoutEmptyMetadata(pod: Pod): Pod {
  if (Object.keys(pod.metadata).length > 0) return pod;
  const { metadata: _empty, ...rest } = pod;
  return rest as Pod;
}

function overItems<R extends { readonly after: JsonObject }>(
  object: JsonObject,
  one: (item: JsonObject) => R | undefined,
): { after: JsonObject; results: R[] } {
  const items = listItems(object);
  if (items === undefined) {
    const result = one(object);
    return result === undefined ? { after: object, results: [] } : { after: result.after, results: [result] };
  }
  const results: R[] = [];
  const after = items.map((item): Json => {
    if (!isObject(item)) return item;
    const inner = overItems(item, one);
    results.push(...inner.results);
    return inner.after;
  });
  const changed = after.some((item, index) => item !== items[index]);
  return { after: changed ? { ...object, items: withoutAddedKinds(object, after) } : object, results };
}

/** Items of a DeploymentList need not say what they are: those that did not still do not. */
function withoutAddedKinds(list: JsonObject, after: readonly Json[]): Json[] {
  const before = Array.isArray(list['items']) ? list['items'] : [];
  return after.map((item, index) => {
    const came = before[index];
    if (!isObject(item) || !isObject(came) || came['kind'] !== undefined) return item;
    const kept = Object.entries(item).filter(
      ([field]) => !['kind', 'apiVersion'].includes(field) || Object.hasOwn(came, field),
    );
    return Object.fromEntries(kept);
  });
}

function injectOne(item: JsonObject, embedded: EmbeddedPod, around: Surroundings): ObjectInjection {
  const namespace = around.namespaceOf(embedded.namespace);
  const common = { embedded, namespace: namespace.name, before: item };
  if ('error' in namespace) return { ...common, after: item, outcome: undefined, error: namespace.error };
  try {
    const { pod, workload } = embedded;
    const proxyConfigs = around.proxyConfigsOf?.(namespace.name, pod.metadata.labels ?? {});
    const stopped = around.stoppedInjectionOf?.(namespace.name, pod.metadata.labels ?? {});
    const bootstrapFilters = around.bootstrapFiltersOf?.(namespace.name);
    const { nodes, installed } = around;
    const known = { namespace, nodes, proxyConfigs, bootstrapFilters, stopped, installed };
    const outcome = around.injector.inject({ pod, ...known }, workload);
    const after = outcome.pod === embedded.pod ? item : replaceEmbeddedPod(item, embedded.path, outcome.pod);
    return { ...common, after, outcome, error: undefined };
  } catch (thrown) {
    const error = asOutriggerError(thrown);
    if (error.code === 'OR1901') throw thrown;
    return { ...common, after: item, outcome: undefined, error };
  }
}
