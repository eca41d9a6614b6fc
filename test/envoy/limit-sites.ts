import { descriptors, type FieldDescriptor } from '../../src/xds/encode/descriptors.ts';
import { type FieldLimits, limits, type Rule } from '../../src/xds/limits/limits.ts';

type Message = Record<string, unknown>;

/** A place of a configuration where one rule of Envoy's can be broken, and the way to break it. */
export interface LimitSite {
  /** `envoy.config.cluster.v3.Cluster connect_timeout duration.gt` */
  readonly rule: string;
  /** Breaks it in place; what it returns puts it right again. */
  readonly break: () => () => void;
}

/** Every place of a message whose field is set. Looks for itself: it judges broken-limit.ts. */
export function limitSites(type: string, message: Message): LimitSite[] {
  const fields = descriptors().messages[type] ?? {};
  const { fields: ruled = {}, required = [] } = limits()[type] ?? {};
  const own: LimitSite[] = required.map((oneof) => ({
    rule: `${type} ${oneof} required`,
    break: () =>
      without(
        message,
        Object.keys(fields).filter((name) => fields[name]?.oneof === oneof),
      ),
  }));
  const set = Object.entries(fields).filter(([name]) => message[name] !== undefined);
  for (const [name, field] of set) {
    for (const [rule, value] of breaking(ruled[name] ?? {}, field))
      own.push({ rule: `${type} ${name} ${rule}`, break: () => put(message, name, value) });
    for (const item of valuesOf(field, message[name]))
      if (isMessage(item)) own.push(...limitSites(typeOf(field.type, item), item));
  }
  return own;
}

const isMessage = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function valuesOf(field: FieldDescriptor, value: unknown): unknown[] {
  if (field.key !== undefined) return Object.values(value as Message);
  return field.repeated === undefined ? [value] : (value as unknown[]);
}

function typeOf(type: string, value: Message): string {
  return type === 'google.protobuf.Any' ? String(value['@type']).replace(/^.*\//, '') : type;
}

function put(message: Message, name: string, value: unknown): () => void {
  const before = { ...message };
  if (value === undefined) delete message[name];
  else message[name] = value;
  return () => Object.assign(message, before);
}

function without(message: Message, names: readonly string[]): () => void {
  const before = { ...message };
  for (const name of names) delete message[name];
  return () => Object.assign(message, before);
}

/** Values that break a rule each. */
function breaking(rules: FieldLimits, field: FieldDescriptor): [string, unknown][] {
  return Object.entries(rules).flatMap(([kind, rule]) =>
    Object.entries(rule).flatMap(([name, bound]): [string, unknown][] => {
      // Where it is one of several, it may be absent.
      if (field.oneof !== undefined && name === 'required') return [];
      const value = field.repeated === undefined ? valueBreaking(kind, name, bound) : listBreaking(name, bound);
      return value === keeps ? [] : [[`${kind}.${name}`, value]];
    }),
  );
}

const keeps = Symbol('no value breaks it');

function listBreaking(name: string, bound: unknown): unknown {
  return name === 'min_items' && Number(bound) > 0 ? undefined : keeps;
}

function valueBreaking(kind: string, name: string, bound: unknown): unknown {
  if (/^u?int|^double|^float/.test(kind)) return numberBreaking(name, Number(bound));
  const values: Record<string, unknown> = {
    'duration.gt': '0s',
    'duration.gte': Object.keys(bound as Rule).length > 0 ? '0s' : keeps,
    'duration.lte': `${Number((bound as Rule)['seconds']) + 1}s`,
    'string.min_len': Number(bound) > 0 ? '' : keeps,
    'string.well_known_regex': 'a\nb',
    'message.required': undefined,
    'enum.defined_only': 99,
  };
  const key = `${kind}.${name}`;
  return key in values ? values[key] : keeps;
}

function numberBreaking(name: string, bound: number): unknown {
  if (name === 'gte') return bound > 0 ? bound - 1 : keeps;
  if (name === 'lte') return bound + 1;
  return name === 'gt' || name === 'lt' ? bound : keeps;
}
