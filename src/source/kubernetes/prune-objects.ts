import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import { isDeeper } from '../../model/json-depth.ts';
import { keptAnnotations } from '../kept-annotations.ts';
import { tlsContent } from '../tls-content.ts';

/** What is kept of an object: a cluster has many, and most of what they say is for others. */
export type Prune = (object: JsonObject) => JsonObject;

/** An object that need not be known. */
export const nothing: JsonObject = {};

/** Of the status only where it is reached from outside, which Ingresses repeat. */
export const pruneService: Prune = (object) => {
  const { loadBalancer } = pick(object.status, ['loadBalancer']);
  const pruned: JsonObject = { ...head(object), ...pick(object, ['spec']) };
  if (isObject(loadBalancer) && Object.keys(loadBalancer).length > 0) pruned['status'] = { loadBalancer };
  return pruned;
};

export const pruneSlice: Prune = (object) => ({
  ...head(object),
  ...pick(object, ['addressType', 'ports', 'endpoints']),
});

/** The API server takes 10,000 levels, and what goes through an object by calling itself would end the process over them. */
const deepest = 200;

/** The status of a ServiceEntry has the addresses that were allocated to it. */
export const pruneConfig: Prune = (object) => {
  const content = pick(object, ['spec', 'status']);
  return { ...head(object), ...(isDeeper(content, deepest) ? cut(content, deepest) : content) };
};

/** What is deeper is null: it is still too deep for whoever reads it, and told of by them. */
function cut(object: JsonObject, levels: number): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([name, inner]) => [name, cutValue(inner, levels)]));
}

function cutValue(value: Json, levels: number): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (levels === 0) return null;
  return isObject(value) ? cut(value, levels - 1) : value.map((item) => cutValue(item, levels - 1));
}

export const pruneConfigMap: Prune = (object) => ({ ...head(object), ...pick(object, ['data']) });

export const pruneSecret: Prune = (object) => {
  const content = tlsContent(object);
  return content === undefined ? nothing : { ...content, metadata: metadataOf(content) };
};

export const prunePod: Prune = (object) => {
  const spec = pick(object.spec, ['nodeName', 'serviceAccountName']);
  const status = pick(object.status, ['phase', 'podIP', 'podIPs']);
  const ready = objects(object.status, 'conditions').filter((condition) => condition.type === 'Ready');
  return {
    ...head(object),
    spec: {
      ...spec,
      containers: objects(object.spec, 'containers').map(pruneContainer),
      initContainers: objects(object.spec, 'initContainers').map(pruneContainer),
    },
    // Its times change without its status.
    status: { ...status, conditions: ready.map((condition) => pick(condition, ['type', 'status'])) },
  };
};

/** Of the environment, what the proxy is told to say of itself. */
function pruneContainer(container: JsonObject): JsonObject {
  const kept = pick(container, ['name', 'ports']);
  if (container.name !== 'istio-proxy') return kept;
  const env = objects(container, 'env').filter(
    ({ name, value }) => String(name).startsWith('ISTIO_META_') && typeof value === 'string',
  );
  return env.length === 0 ? kept : { ...kept, env };
}

function head(object: JsonObject): JsonObject {
  return { ...pick(object, ['apiVersion', 'kind']), metadata: metadataOf(object) };
}

/** Without the version, which changes with every write: what is kept equal is then no change. */
function metadataOf(object: JsonObject): JsonObject {
  const identity = ['name', 'namespace', 'uid', 'generation', 'creationTimestamp', 'deletionTimestamp'];
  const metadata = pick(object.metadata, [...identity, 'labels', 'ownerReferences']);
  const annotations = isObject(object.metadata) ? object.metadata.annotations : undefined;
  const texts = Object.entries(isObject(annotations) ? annotations : {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return { ...metadata, annotations: keptAnnotations(Object.fromEntries(texts)) };
}

function pick(value: Json | undefined, names: readonly string[]): JsonObject {
  if (!isObject(value)) return {};
  return Object.fromEntries(Object.entries(value).filter(([name]) => names.includes(name)));
}

function objects(value: Json | undefined, name: string): JsonObject[] {
  const list = isObject(value) ? value[name] : undefined;
  return Array.isArray(list) ? list.filter(isObject) : [];
}
