import { readFileSync } from 'node:fs';

/** A field of a message of Envoy's API, names as in the .proto file. */
export interface FieldDescriptor {
  readonly id: number;
  /** A scalar (`uint32`), or the full name of a message or an enum. */
  readonly type: string;
  /** Maps alone: the scalar of the keys. */
  readonly key?: string;
  readonly repeated?: 'packed' | 'each';
  readonly oneof?: string;
}

export interface Descriptors {
  readonly messages: Readonly<Record<string, Readonly<Record<string, FieldDescriptor>>>>;
  readonly enums: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

let loaded: Descriptors | undefined;

/** Read at first use: commands that encode nothing do not pay for it. */
export function descriptors(): Descriptors {
  loaded ??= JSON.parse(readFileSync(new URL('./descriptors.json', import.meta.url), 'utf8')) as Descriptors;
  return loaded;
}
