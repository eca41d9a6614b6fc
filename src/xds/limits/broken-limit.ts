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
  return sentence(ofMessage(type, message, { path: [], isPart: false }));
}

/** The same of what will be merged into a message: nothing is asked of what it does not set. */
export function brokenByPart(type: string, message: Message): string | undefined {
  return sentence(ofMessage(type, message, { path: [], isPart: true }));
}

function sentence(found: Broken | undefined): string | undefined {
  return found === undefined ? undefined : `${printFieldPath(found.path) || 'it'}${found.why}`;
}

interface Place {
  readonly path: readonly Step[];
  readonly isPart: boolean;
}

const within = ({ path, isPart }: Place, step: Step): Place => ({ path: [...path, step], isPart });

interface Broken {
  readonly path: readonly Step[];
  readonly why: string;
}

function ofMessage(type: string, message: Message, at: Place): Broken | undefined {
  const fields = descriptors().messages[type];
  if (fields === undefined) return undefined;
  const { fields: ruled = {}, required = [] } = limits()[type] ?? {};
  const isSet = (name: string): boolean => message[name] !== undefined && message[name] !== null;
  const lacking = required.map((oneof) => membersOf(fields, oneof)).find((names) => !names.some(isSet));
  if (lacking !== undefined && !at.isPart) return { path: at.path, why: ` has to have one of ${lacking.join(', ')}` };
  return first(Object.entries(fields), ([name, field]) => {
    const rules = ruled[name] ?? {};
    if (!isSet(name) && (at.isPart || isFree(field, rules))) return undefined;
    return ofField(field, rules, isSet(name) ? message[name] : undefined, within(at, name));
  });
}

function membersOf(fields: Readonly<Record<string, FieldDescriptor>>, oneof: string): readonly string[] {
  return Object.keys(fields).filter((name) => fields[name]?.oneof === oneof);
}

/** What is not set has the value of its type, but in a oneof, where nothing is said of it. */
const isFree = ({ oneof }: FieldDescriptor, rules: FieldLimits): boolean =>
  oneof !== undefined || Object.keys(rules).length === 0;

function ofField(field: FieldDescriptor, rules: FieldLimits, value: unknown, at: Place): Broken | undefined {
  if (field.key !== undefined) return ofMap(field, rules['map'] ?? {}, value, at);
  if (field.repeated !== undefined) return ofList(field, rules['repeated'] ?? {}, value, at);
  return ofValue(field.type, rules, value, at);
}

function ofList(field: FieldDescriptor, rule: Rule, value: unknown, at: Place): Broken | undefined {
  const items = Array.isArray(value) ? value : [];
  const { min_items: least, max_items: most } = rule;
  if (!at.isPart && typeof least === 'number' && items.length < least)
    return { path: at.path, why: ` has to have at least ${least} items` };
  if (typeof most === 'number' && items.length > most)
    return { path: at.path, why: ` has to have at most ${most} items` };
  if (rule['unique'] === true && new Set(items.map((item) => JSON.stringify(item))).size < items.length)
    return { path: at.path, why: ' has to have no item twice' };
  return first(items.entries(), ([index, item]) =>
    ofValue(field.type, (rule['items'] ?? {}) as FieldLimits, item, within(at, index)),
  );
}

function ofMap(field: FieldDescriptor, rule: Rule, value: unknown, at: Place): Broken | undefined {
  const entries = isMessage(value) ? Object.entries(value) : [];
  const least = rule['min_pairs'];
  if (!at.isPart && typeof least === 'number' && entries.length < least)
    return { path: at.path, why: ` has to have at least ${least} entries` };
  return first(
    entries,
    ([key, item]) =>
      ofValue(field.key ?? 'string', (rule['keys'] ?? {}) as FieldLimits, key, within(at, key)) ??
      ofValue(field.type, (rule['values'] ?? {}) as FieldLimits, item, within(at, key)),
  );
}

function ofValue(type: string, rules: FieldLimits, value: unknown, at: Place): Broken | undefined {
  const isOwn = type === anyType || wellKnown[type] !== undefined || descriptors().messages[type] !== undefined;
  if (isOwn && value === undefined) {
    const isRequired = Object.values(rules).some((rule) => rule['required'] === true);
    return isRequired ? { path: at.path, why: ' has to be set' } : undefined;
  }
  for (const [kind, rule] of Object.entries(rules)) {
    const why = valueChecks[kind]?.(rule, value, type);
    if (why !== undefined) return { path: at.path, why: ` has to ${why}` };
  }
  if (!isMessage(value) || rules['message']?.['skip'] === true || wellKnown[type] !== undefined) return undefined;
  if (type !== anyType) return ofMessage(type, value, at);
  const { '@type': url, ...content } = value;
  return ofMessage(String(url ?? '').replace(/^.*\//, ''), content, at);
}

function first<Item>(items: Iterable<Item>, find: (item: Item) => Broken | undefined): Broken | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
