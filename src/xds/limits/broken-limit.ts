import { descriptors, type FieldDescriptor } from '../encode/descriptors.ts';
import { printFieldPath } from '../encode/encode-fault.ts';
import { wellKnown } from '../encode/well-known.ts';
import { type FieldLimits, limits, type Rule } from './limits.ts';
import { valueChecks } from './value-limits.ts';

type Message = Readonly<Record<string, unknown>>;
type Step = string | number;

const anyType = 'google.protobuf.Any';
const isMessage = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The first limit of Envoy's own (`validate.rules` of its .proto files) that a message breaks, as a sentence with the
 * path of the field: `connect_timeout has to be more than 0s`. Envoy refuses the whole resource for it. The message has
 * been encoded without a fault, so that types and names are right. Messages in a type that we do not know are not read.
 */
export function brokenLimit(type: string, message: Message): string | undefined {
  const found = ofMessage(type, message, []);
  return found === undefined ? undefined : `${printFieldPath(found.path) || 'it'}${found.why}`;
}

interface Broken {
  readonly path: readonly Step[];
  readonly why: string;
}

function ofMessage(type: string, message: Message, path: readonly Step[]): Broken | undefined {
  const fields = descriptors().messages[type];
  if (fields === undefined) return undefined;
  const { fields: ruled = {}, required = [] } = limits()[type] ?? {};
  const isSet = (name: string): boolean => message[name] !== undefined && message[name] !== null;
  for (const oneof of required) {
    const names = Object.keys(fields).filter((name) => fields[name]?.oneof === oneof);
    if (!names.some(isSet)) return { path, why: ` has to have one of ${names.join(', ')}` };
  }
  for (const [name, field] of Object.entries(fields)) {
    const rules = ruled[name] ?? {};
    // What is not set has the value of its type, but in a oneof, where nothing is said of it.
    if (!isSet(name) && (field.oneof !== undefined || Object.keys(rules).length === 0)) continue;
    const broken = ofField(field, rules, isSet(name) ? message[name] : undefined, [...path, name]);
    if (broken !== undefined) return broken;
  }
  return undefined;
}

function ofField(
  field: FieldDescriptor,
  rules: FieldLimits,
  value: unknown,
  path: readonly Step[],
): Broken | undefined {
  if (field.key !== undefined) return ofMap(field, rules['map'] ?? {}, value, path);
  if (field.repeated !== undefined) return ofList(field, rules['repeated'] ?? {}, value, path);
  return ofValue(field.type, rules, value, path);
}

function ofList(field: FieldDescriptor, rule: Rule, value: unknown, path: readonly Step[]): Broken | undefined {
  const items = Array.isArray(value) ? value : [];
  const { min_items: least, max_items: most } = rule;
  if (typeof least === 'number' && items.length < least) return { path, why: ` has to have at least ${least} items` };
  if (typeof most === 'number' && items.length > most) return { path, why: ` has to have at most ${most} items` };
  if (rule['unique'] === true && new Set(items.map((item) => JSON.stringify(item))).size < items.length)
    return { path, why: ' has to have no item twice' };
  return first(items.entries(), ([index, item]) =>
    ofValue(field.type, (rule['items'] ?? {}) as FieldLimits, item, [...path, index]),
  );
}

function ofMap(field: FieldDescriptor, rule: Rule, value: unknown, path: readonly Step[]): Broken | undefined {
  const entries = isMessage(value) ? Object.entries(value) : [];
  const least = rule['min_pairs'];
  if (typeof least === 'number' && entries.length < least)
    return { path, why: ` has to have at least ${least} entries` };
  return first(
    entries,
    ([key, item]) =>
      ofValue(field.key ?? 'string', (rule['keys'] ?? {}) as FieldLimits, key, [...path, key]) ??
      ofValue(field.type, (rule['values'] ?? {}) as FieldLimits, item, [...path, key]),
  );
}

function ofValue(type: string, rules: FieldLimits, value: unknown, path: readonly Step[]): Broken | undefined {
  const isOwn = type === anyType || wellKnown[type] !== undefined || descriptors().messages[type] !== undefined;
  if (isOwn && value === undefined) {
    const isRequired = Object.values(rules).some((rule) => rule['required'] === true);
    return isRequired ? { path, why: ' has to be set' } : undefined;
  }
  for (const [kind, rule] of Object.entries(rules)) {
    const why = valueChecks[kind]?.(rule, value, type);
    if (why !== undefined) return { path, why: ` has to ${why}` };
  }
  if (!isMessage(value) || rules['message']?.['skip'] === true || wellKnown[type] !== undefined) return undefined;
  if (type !== anyType) return ofMessage(type, value, path);
  const { '@type': url, ...content } = value;
  return ofMessage(String(url ?? '').replace(/^.*\//, ''), content, path);
}

function first<Item>(items: Iterable<Item>, find: (item: Item) => Broken | undefined): Broken | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
