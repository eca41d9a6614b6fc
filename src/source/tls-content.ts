import { isObject, type JsonObject } from '../model/json.ts';

/** Where the parts of a certificate stand: `kubernetes.io/tls`, and Istio's `Opaque` forms. */
const tlsKeys = ['tls.crt', 'tls.key', 'ca.crt', 'cert', 'key', 'cacert'];

/**
 * A Secret with nothing but its certificate parts; undefined when it has none to speak of. What a Secret holds beyond
 * them never stays in memory.
 *
 * | type | has | is read |
 * |---|---|---|
 * | kubernetes.io/tls | | tls.crt, tls.key, ca.crt |
 * | any other | `cert` and `key` | cert, key, cacert |
 * | any other | tls.crt and tls.key | tls.crt, tls.key, ca.crt |
 * | any other but tokens | `cacert` or ca.crt | cacert, ca.crt |
 */
export function tlsContent(secret: JsonObject): JsonObject | undefined {
  const data = onlyTls(secret.data);
  const stringData = onlyTls(secret.stringData);
  const has = (key: string) => Object.hasOwn(data, key) || Object.hasOwn(stringData, key);
  // The token of a ServiceAccount comes with the CA of the cluster, which nobody means.
  const authority = secret.type !== 'kubernetes.io/service-account-token' && (has('cacert') || has('ca.crt'));
  const pair = (has('cert') && has('key')) || (has('tls.crt') && has('tls.key'));
  if (secret.type !== 'kubernetes.io/tls' && !pair && !authority) return undefined;
  const { apiVersion = 'v1', kind = 'Secret', metadata = {}, type = 'Opaque' } = secret;
  return { apiVersion, kind, metadata: withoutApplied(metadata), type, data, stringData };
}

function onlyTls(value: unknown): JsonObject {
  const given = isObject(value) ? value : {};
  return Object.fromEntries(Object.entries(given).filter(([key]) => tlsKeys.includes(key)));
}

/** `kubectl apply` repeats the whole Secret in an annotation. */
function withoutApplied(metadata: JsonObject[string]): JsonObject {
  if (!isObject(metadata)) return {};
  const { annotations: _annotations, managedFields: _managedFields, ...kept } = metadata;
  return kept;
}
