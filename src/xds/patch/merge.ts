import { descriptors, type FieldDescriptor } from '../encode/descriptors.ts';
import type { Message } from '../resource.ts';

/** Messages as protobuf's JSON with the field names of the .proto files, changed by their descriptors. */

const isMessage = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const typeOfAny = (value: Message): string => String(value['@type'] ?? '').replace(/^.*\//, '');
const fieldsOf = (type: string): Readonly<Record<string, FieldDescriptor>> | undefined => descriptors().messages[type];
const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const anyType = 'google.protobuf.Any';

/** People write `typedConfig` as well as `typed_config`. As in protobuf's JSON, a field that is null is not set: it replaces nothing. */
export function canonical(type: string, value: unknown): unknown {
  if (!isMessage(value)) return value;
  const own = type === anyType ? typeOfAny(value) : type;
  const fields = fieldsOf(own);
  if (fields === undefined) return value;
  const set = Object.entries(value).filter(([, inner]) => inner !== null);
  const entries = set.map(([given, inner]) => {
    const name = given === '@type' || fields[given] !== undefined ? given : snake(given);
    const field = fields[name];
    return [name, field === undefined ? inner : canonicalField(field, inner)] as const;
  });
  return Object.fromEntries(entries);
}

function canonicalField(field: FieldDescriptor, value: unknown): unknown {
  if (field.key !== undefined && isMessage(value))
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, canonical(field.type, inner)]));
  return Array.isArray(value) ? value.map((item) => canonical(field.type, item)) : canonical(field.type, value);
}

/**
 * As protobuf merges: messages field by field, lists one behind the other, anything else is replaced. An Any is merged
 * where its type is the same. Of fields that exclude each other that of the patch stays. `patch` is canonical.
 */
export function merged(type: string, base: unknown, patch: unknown): unknown {
  if (!isMessage(base) || !isMessage(patch)) return patch;
  if (type === anyType && typeOfAny(base) !== typeOfAny(patch)) return patch;
  const fields = fieldsOf(type === anyType ? typeOfAny(base) : type);
  // Struct and its like: by key.
  if (fields === undefined) return { ...base, ...patch };
  const chosen = new Set(Object.keys(patch).flatMap((name) => fields[name]?.oneof ?? []));
  const kept = Object.entries(base).filter(([name]) => {
    const oneof = fields[name]?.oneof;
    return oneof === undefined || !chosen.has(oneof) || patch[name] !== undefined;
  });
  const result: Record<string, unknown> = Object.fromEntries(kept);
  for (const [name, value] of Object.entries(patch)) {
    const field = fields[name];
    result[name] = field === undefined ? value : mergedField(field, result[name], value);
  }
  return result;
}

function mergedField(field: FieldDescriptor, base: unknown, patch: unknown): unknown {
  if (base === undefined) return patch;
  if (field.key !== undefined && isMessage(base) && isMessage(patch)) {
    const both = Object.entries(patch).map(([key, value]) => [key, merged(field.type, base[key], value)]);
    return { ...base, ...Object.fromEntries(both) };
  }
  if (Array.isArray(base) && Array.isArray(patch)) return [...base, ...patch];
  return merged(field.type, base, patch);
}
