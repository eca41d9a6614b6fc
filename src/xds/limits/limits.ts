import { readFileSync } from 'node:fs';

/** One kind of rule of a value, as protoc-gen-validate writes it: `{ "gte": 1 }`. */
export type Rule = Readonly<Record<string, unknown>>;

/** Rules of a field by the kind of its value: `{ "uint32": { "gte": 1 } }`. */
export type FieldLimits = Readonly<Record<string, Rule>>;

/** What Envoy demands of a message besides its types. */
export interface MessageLimits {
  readonly fields?: Readonly<Record<string, FieldLimits>>;
  /** Of each of these oneofs a field has to be set. */
  readonly required?: readonly string[];
}

export type Limits = Readonly<Record<string, MessageLimits>>;

let loaded: Limits | undefined;

/** Read at first use: only who changes resources by hand needs them. */
export function limits(): Limits {
  loaded ??= JSON.parse(readFileSync(new URL('./limits.json', import.meta.url), 'utf8')) as Limits;
  return loaded;
}
