import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import { parseDuration } from '../../schema/common/duration.ts';

/** Values of our configuration by path; a text is why the value has no effect. */
export type Converted = Readonly<Record<string, unknown>> | string;

export const to =
  (path: string) =>
  (value: Json): Converted => ({ [path]: value });

/** A duration of Go (`1.5s`) as seconds. What is none is left for the check of the key. */
export const seconds =
  (path: string) =>
  (value: Json): Converted => {
    const ms = typeof value === 'string' ? parseDuration(value) : undefined;
    return { [path]: ms === undefined ? value : ms / 1000 };
  };

/** Each field of a message, under a path. */
export const fields =
  (path: string, names: readonly string[]) =>
  (value: Json): Converted => {
    if (!isObject(value)) return { [`${path}.${names[0]}`]: value };
    return Object.fromEntries(names.filter((name) => name in value).map((name) => [`${path}.${name}`, value[name]]));
  };

/** Without `attempts` there are no retries, as in Istio. */
export function retryPolicy(value: Json): Converted {
  const path = 'mesh.defaultHttpRetryPolicy';
  if (!isObject(value)) return { [`${path}.attempts`]: value };
  const names = ['retryOn', 'perTryTimeout', 'retryRemoteLocalities', 'retryIgnorePreviousHosts'];
  return { ...(fields(path, names)(value) as object), [`${path}.attempts`]: value.attempts ?? 0 };
}

export function normalization(value: Json): Converted {
  return { 'mesh.pathNormalization': value === 'DEFAULT' ? 'BASE' : value };
}

const read = [
  ...['envoyExtAuthzHttp', 'envoyExtAuthzGrpc', 'prometheus', 'envoyFileAccessLog'],
  ...['zipkin', 'opentelemetry'],
];

/** Those of kinds that nothing reads are left out; `unread` names them. */
export function providers(value: Json): Converted {
  const known = Array.isArray(value) ? value.filter((provider) => !isUnread(provider)) : value;
  return { 'mesh.extensionProviders': known };
}

export function unreadProviders(value: Json): string | undefined {
  const names = (Array.isArray(value) ? value : []).filter(isUnread).map(({ name }) => String(name));
  return names.length === 0 ? undefined : `${names.join(', ')}: of a kind that nothing reads`;
}

function isUnread(provider: Json): provider is JsonObject {
  return isObject(provider) && !read.some((kind) => kind in provider);
}

/** Roots that are given as they are; those that stand behind an address are not fetched. */
export function roots(value: Json): Converted {
  const given = Array.isArray(value) ? value.filter((one) => isObject(one) && typeof one.pem === 'string') : value;
  return { 'mesh.caCertificates': given };
}

export function unreadRoots(value: Json): string | undefined {
  const left = (Array.isArray(value) ? value : []).filter((one) => !isObject(one) || typeof one.pem !== 'string');
  return left.length === 0 ? undefined : `${left.length} without pem: spiffeBundleUrl is not read`;
}

/** The share of traced requests stands with the proxies in Istio, and with the mesh here. */
export function defaultConfig(value: Json): Converted {
  const tracing = isObject(value) ? value.tracing : undefined;
  const sampling = isObject(tracing) ? tracing.sampling : undefined;
  const share = sampling === undefined ? {} : { 'mesh.traceSampling': sampling };
  return { 'injection.mesh.defaultConfig': value, ...share };
}
