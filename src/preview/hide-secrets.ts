import { isObject, type Json, type JsonObject } from '../model/json.ts';

/** An object without the content of Secrets: the names of their entries stay. */
export function hideSecrets(object: JsonObject): JsonObject {
  const items = object['items'];
  if (Array.isArray(items)) {
    const hidden = items.map((item): Json => (isObject(item) ? hideSecrets(item) : item));
    return hidden.every((item, index) => item === items[index]) ? object : { ...object, items: hidden };
  }
  if (object['kind'] !== 'Secret') return object;
  const hide = (field: string) =>
    isObject(object[field])
      ? { [field]: Object.fromEntries(Object.keys(object[field]).map((key) => [key, '<hidden>'])) }
      : {};
  const metadata = isObject(object['metadata']) ? object['metadata'] : {};
  const { annotations: _applied, ...kept } = metadata;
  return { ...object, metadata: kept, ...hide('data'), ...hide('stringData') };
}
