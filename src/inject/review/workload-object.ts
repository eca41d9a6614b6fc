import { OutriggerError } from '../../errors.ts';
import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { Pod } from '../../model/pod.ts';
import { decodePod } from './pod-decode.ts';
import { findWorkload, type Workload } from './workload.ts';

/** Where the pod template stands in each kind that has one. */
const templatePaths: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['spec', 'template'],
  DaemonSet: ['spec', 'template'],
  ReplicaSet: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
  Job: ['spec', 'template'],
  ReplicationController: ['spec', 'template'],
  DeploymentConfig: ['spec', 'template'],
  Rollout: ['spec', 'template'],
  PodTemplate: ['template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
};

/** A pod inside a workload: where it stands, and what it belongs to. */
export interface EmbeddedPod {
  /** Field names from the object to the pod; empty for a Pod itself. */
  readonly path: readonly string[];
  readonly pod: Pod;
  readonly workload: Workload;
  readonly kind: string;
  /** `namespace/name` for messages. */
  readonly name: string;
  readonly namespace: string | undefined;
}

/**
 * The pod of an object; undefined for a kind that has none.
 *
 * @throws OutriggerError OR1204 for a kind that should have a pod and has none.
 */
export function findEmbeddedPod(object: JsonObject): EmbeddedPod | undefined {
  const kind = String(object['kind'] ?? '');
  const apiVersion = String(object['apiVersion'] ?? '');
  const metadata = isObject(object['metadata']) ? object['metadata'] : {};
  const name = String(metadata['name'] ?? metadata['generateName'] ?? '');
  const namespace = typeof metadata['namespace'] === 'string' ? metadata['namespace'] : undefined;
  const at = `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
  if (kind === 'Pod') {
    const pod = decodePod(object, at);
    return { path: [], pod, workload: findWorkload(pod), kind, name, namespace };
  }
  const path = Object.hasOwn(templatePaths, kind) ? templatePaths[kind] : undefined;
  if (path === undefined) return undefined;
  const template = follow(object, path);
  if (template === undefined) throw new OutriggerError('OR1204', `there is no ${path.join('.')}`, { at });
  return {
    path,
    pod: decodePod(template, `${at}: ${path.join('.')}`),
    workload: { apiVersion, kind, name },
    kind,
    name,
    namespace,
  };
}

function follow(object: JsonObject, path: readonly string[]): Json | undefined {
  let value: Json | undefined = object;
  for (const field of path) value = isObject(value) && Object.hasOwn(value, field) ? value[field] : undefined;
  return value;
}

/** The object with another pod in the place of its own. Everything else is shared. */
export function replaceEmbeddedPod(object: JsonObject, path: readonly string[], pod: Pod): JsonObject {
  const [field, ...rest] = path;
  if (field === undefined) return pod as unknown as JsonObject;
  const inner = object[field];
  return { ...object, [field]: replaceEmbeddedPod(isObject(inner) ? inner : {}, rest, pod) };
}

/** The metadata of what stands at a path; texts alone of its labels and annotations. */
export function findMetadata(object: JsonObject, path: readonly string[]): Pod['metadata'] {
  const found = follow(object, [...path, 'metadata']);
  const { labels, annotations, ...rest } = isObject(found) ? found : {};
  return {
    ...rest,
    ...(labels === undefined ? {} : { labels: textsOf(labels) }),
    ...(annotations === undefined ? {} : { annotations: textsOf(annotations) }),
  };
}

function textsOf(map: Json): Record<string, string> {
  const entries = Object.entries(isObject(map) ? map : {});
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** The object with other metadata at a path; without any where they are empty. */
export function replaceMetadata(object: JsonObject, path: readonly string[], metadata: Pod['metadata']): JsonObject {
  const [field, ...rest] = path;
  if (field !== undefined) {
    const inner = object[field];
    return { ...object, [field]: replaceMetadata(isObject(inner) ? inner : {}, rest, metadata) };
  }
  const { metadata: _before, ...kept } = object;
  return Object.keys(metadata).length === 0 ? kept : { ...object, metadata: metadata as unknown as JsonObject };
}

/**
 * The items of a List, or of a DeploymentList and the like: of those each item gets the kind that it may leave
 * out. Undefined for anything else.
 */
export function listItems(object: JsonObject): readonly Json[] | undefined {
  const { kind, apiVersion, items } = object;
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items)) return undefined;
  if (kind === 'List') return items;
  const common = { ...(apiVersion === undefined ? {} : { apiVersion }), kind: kind.slice(0, -'List'.length) };
  return items.map((item) => (isObject(item) && item['kind'] === undefined ? { ...common, ...item } : item));
}

/** A List's items, else the object itself. */
export function flattenList(object: JsonObject): JsonObject[] {
  return listItems(object)?.filter(isObject).flatMap(flattenList) ?? [object];
}
