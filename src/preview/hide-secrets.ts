import { isObject, type Json, type JsonObject } from '../model/json.ts';

const shown = ['apiVersion', 'kind', 'type', 'immutable'];

/** An object without the content of Secrets: the names of their entries stay. The same object where it has none. */
export function hideSecrets(object: JsonObject): JsonObject {
  const { kind, items } = object;
  if (kind === 'Secret') return hideSecret(object);
  if (!Array.isArray(items)) return object;
  const hidden = items.map((item): Json => {
    if (!isObject(item)) return item;
    return kind === 'SecretList' ? hideSecret(item) : hideSecrets(item);
  });
  return hidden.every((item, index) => item === items[index]) ? object : { ...object, items: hidden };
}

function hideSecret(secret: JsonObject): JsonObject {
  const entries = Object.entries(secret).map(([field, value]): [string, Json] => {
    if (shown.includes(field)) return [field, value];
    if (field === 'metadata') return [field, withoutAnnotations(value)];
    if (!isObject(value)) return [field, '<hidden>'];
    return [field, Object.fromEntries(Object.keys(value).map((key) => [key, '<hidden>']))];
  });
  return Object.fromEntries(entries);
}

/** `kubectl apply` notes down in one what it applied. */
function withoutAnnotations(metadata: Json): Json {
  if (!isObject(metadata)) return metadata;
  const { annotations: _applied, ...kept } = metadata;
  return kept;
}
