/**
 * Which fields of a kind do something. Every field of its schema is in exactly one of the lists, so that none can be
 * added and forgotten. Paths are those of the schema: `http[].match[].uri.exact`; `[]` is each of a list, `{}` of a map.
 */
export interface FieldEffects {
  /** Single fields, never whole messages: a new field of a message is on no list until somebody decides. */
  readonly implemented: readonly string[];
  /** Fields and whole messages that have no effect yet, each with what is so in their place. */
  readonly notYet: Readonly<Record<string, string>>;
  /** Without effect in Istio, too: validation says so. */
  readonly ignored: readonly string[];
  /** Values of implemented fields. */
  readonly values: readonly ValueEffect[];
}

export interface ValueEffect {
  readonly path: string;
  /** `spec` is the whole that it stands in, `beside` the message. */
  readonly isMeant: (value: unknown, spec: unknown, beside: Readonly<Record<string, unknown>>) => boolean;
  /** A whole sentence. */
  readonly message: string;
}

/** The fields of a message, where it stands. */
export function under(place: string, fields: readonly string[]): string[] {
  return fields.map((field) => `${place}.${field}`);
}

export function notYetUnder(place: string, fields: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).map(([field, message]) => [`${place}.${field}`, message]));
}

export const isOneOf = (...words: readonly string[]) => {
  return (value: unknown): boolean => typeof value === 'string' && words.includes(value);
};

export const isTextWith = (part: string) => {
  return (value: unknown): boolean => typeof value === 'string' && value.includes(part);
};
