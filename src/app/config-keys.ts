import type { TSchema } from 'typebox';
import { isObject } from '../model/json.ts';

/** One key of the configuration, as each of the three forms writes it. */
export interface ConfigKey {
  /** `server.port` */
  readonly path: string;
  readonly schema: TSchema & SchemaFacts;
  readonly default: unknown;
  readonly description: string;
  /** `OUTRIGGER_SERVER_PORT` */
  readonly env: string;
  /** `port`; undefined for keys that only `--set` reaches. */
  readonly flag: string | undefined;
}

/** What of JSON Schema the table uses. */
interface SchemaFacts {
  readonly type?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly anyOf?: readonly { readonly const?: unknown }[];
  readonly items?: SchemaFacts;
  readonly flag?: string;
}

const sectionsWithoutFlags = new Set(['injection']);

/** All keys in the order of the schema. An object with named properties is a section, anything else a
 * key; a key without a description has that of its section. */
export function listKeys(
  schema: TSchema & Described,
  prefix: readonly string[] = [],
  inherited = '',
): readonly ConfigKey[] {
  const description = schema.description ?? inherited;
  const properties = 'properties' in schema && isObject(schema.properties) ? schema.properties : undefined;
  if (properties === undefined) return [toKey(schema, prefix, description)];
  return Object.entries(properties).flatMap(([name, child]) =>
    listKeys(child as unknown as TSchema, [...prefix, name], description),
  );
}

interface Described {
  readonly default?: unknown;
  readonly description?: string;
}

function toKey(schema: TSchema & Described & SchemaFacts, parts: readonly string[], description: string): ConfigKey {
  const words = parts.flatMap(splitWords);
  const flagless = sectionsWithoutFlags.has(parts[0] ?? '');
  return {
    path: parts.join('.'),
    schema,
    default: schema.default,
    description,
    env: `OUTRIGGER_${words.join('_').toUpperCase()}`,
    flag: flagless ? undefined : (schema.flag ?? words.join('-').toLowerCase()),
  };
}

/** `includeIPRanges` → include, IP, Ranges. */
function splitWords(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .split(' ');
}

/** What the value of a key looks like, for messages and `--help`. */
export function describeType(schema: SchemaFacts): string {
  const { type, minimum, maximum, anyOf } = schema;
  if (anyOf !== undefined) return `one of ${anyOf.map((choice) => JSON.stringify(choice.const)).join(', ')}`;
  if (type === 'integer' || type === 'number') {
    const noun = type === 'integer' ? 'a whole number' : 'a number';
    if (minimum === undefined) return noun;
    return maximum === undefined ? `${noun} from ${minimum}` : `${noun} from ${minimum} to ${maximum}`;
  }
  if (type === 'boolean') return 'true or false';
  if (type === 'array') return schema.items?.type === 'string' ? 'a list of texts' : 'a list';
  return type === 'object' ? 'a map' : 'text';
}
