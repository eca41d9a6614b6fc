import protobuf from 'protobufjs/minimal.js';
import { type Descriptors, descriptors, type FieldDescriptor } from './descriptors.ts';
import { EncodeFault, inside, unknownField, wrongValue } from './encode-fault.ts';
import { scalars, type Writer } from './scalars.ts';
import { shareable, sharedBytes } from './shared-message.ts';
import { isObject, nested, wellKnown } from './well-known.ts';

/** Writes one field, tag included. */
type WriteField = (writer: Writer, value: unknown) => void;
/** Writes the content of a message, without tag and length. */
type WriteContent = (writer: Writer, value: unknown) => void;

interface CompiledField {
  readonly id: number;
  readonly oneof: string | undefined;
  readonly write: WriteField;
}

/** Never a type of its own in the set: see `writeAny`. */
const anyType = 'google.protobuf.Any';
const typedStruct = 'xds.type.v3.TypedStruct';

const compiled = new Map<string, WriteContent>();

/** Of a message type of the set, a well-known type, or Any: made once a type, at first use. */
export function contentWriter(type: string): WriteContent {
  const known = compiled.get(type);
  if (known !== undefined) return known;
  const made = type === anyType ? writeAny : (wellKnown[type]?.write ?? messageWriter(type));
  compiled.set(type, made);
  return made;
}

export function isKnownType(type: string): boolean {
  return Object.hasOwn(descriptors().messages, type);
}

function messageWriter(type: string): WriteContent {
  const described = descriptors().messages[type];
  if (described === undefined) throw new Error(`${type} is not in the set of types`);
  const fields = new Map<string, CompiledField>();
  for (const [name, field] of Object.entries(described)) {
    fields.set(name, { id: field.id, oneof: field.oneof, write: fieldWriter(field, descriptors()) });
  }
  return (writer, value) => {
    if (!isObject(value)) throw wrongValue(`an object (${type})`, value);
    writeFields(type, fields, writer, value);
  };
}

function writeFields(
  type: string,
  fields: ReadonlyMap<string, CompiledField>,
  writer: Writer,
  value: Readonly<Record<string, unknown>>,
): void {
  let chosen: string[] | undefined;
  for (const [name, field] of presentFields(type, fields, value)) {
    if (field.oneof !== undefined) {
      if (chosen?.includes(field.oneof)) throw twoOfOne(type, field.oneof);
      chosen = [...(chosen ?? []), field.oneof];
    }
    try {
      field.write(writer, value[name]);
    } catch (error) {
      throw inside(name, error);
    }
  }
}

/** In the order of the .proto file whatever the order of the object is: equal content must be equal bytes. */
function presentFields(
  type: string,
  fields: ReadonlyMap<string, CompiledField>,
  value: Readonly<Record<string, unknown>>,
): [string, CompiledField][] {
  const present: [string, CompiledField][] = [];
  let sorted = true;
  for (const name in value) {
    // As in protobuf's JSON, null is "not set"; of the types in use only google.protobuf.Value has a null.
    if (value[name] === undefined || value[name] === null) continue;
    const field = fields.get(name);
    if (field === undefined) throw unknownField(type, name);
    if (present.length > 0 && (present.at(-1)?.[1].id ?? 0) > field.id) sorted = false;
    present.push([name, field]);
  }
  return sorted ? present : present.sort(([, a], [, b]) => a.id - b.id);
}

function twoOfOne(type: string, oneof: string): EncodeFault {
  return new EncodeFault('OR2002', `two fields of ${oneof} of ${type} are set`);
}

function fieldWriter(field: FieldDescriptor, all: Descriptors): WriteField {
  if (field.key !== undefined) return mapWriter(field, field.key, all);
  const one = valueWriter(field.id, field.type, all);
  if (field.repeated === undefined) return one;
  if (field.repeated === 'packed') return packedWriter(field.id, field.type, all);
  return (writer, value) => eachItem(value, (item) => one(writer, item));
}

function eachItem(value: unknown, write: (item: unknown) => void): void {
  if (!Array.isArray(value)) throw wrongValue('a list', value);
  for (let index = 0; index < value.length; index++) {
    try {
      write(value[index]);
    } catch (error) {
      throw inside(index, error);
    }
  }
}

/** One value with its tag. */
function valueWriter(id: number, type: string, all: Descriptors): WriteField {
  const scalar = scalars[type];
  if (scalar !== undefined) {
    const tag = (id << 3) | scalar.wire;
    return (writer, value) => scalar.write(writer.uint32(tag), value);
  }
  const names = all.enums[type];
  if (names !== undefined) {
    const tag = id << 3;
    return (writer, value) => writer.uint32(tag).int32(enumNumber(type, names, value));
  }
  const tag = (id << 3) | 2;
  const mayBeShared = shareable.has(type);
  let content: WriteContent | undefined;
  return (writer, value) => {
    content ??= contentWriter(type);
    const write = content;
    const known = mayBeShared && isObject(value) ? sharedBytes(value, () => contentOf(write, value)) : undefined;
    if (known !== undefined) return void writer.uint32(tag).bytes(known);
    writer.uint32(tag).fork();
    content(writer, value);
    writer.ldelim();
  };
}

function contentOf(write: WriteContent, value: unknown): Uint8Array {
  const writer = protobuf.Writer.create();
  write(writer, value);
  return writer.finish();
}

function enumNumber(type: string, names: Readonly<Record<string, number>>, value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  const number = typeof value === 'string' && Object.hasOwn(names, value) ? names[value] : undefined;
  if (number === undefined) throw wrongValue(`a name of ${type}`, value);
  return number;
}

function packedWriter(id: number, type: string, all: Descriptors): WriteField {
  const scalar = scalars[type];
  const names = all.enums[type] ?? {};
  const tag = (id << 3) | 2;
  return (writer, value) => {
    writer.uint32(tag).fork();
    eachItem(value, (item) => {
      if (scalar === undefined) writer.int32(enumNumber(type, names, item));
      else scalar.write(writer, item);
    });
    writer.ldelim();
  };
}

/** Keys of JSON are text; those of protobuf may be numbers. */
function mapWriter(field: FieldDescriptor, keyType: string, all: Descriptors): WriteField {
  const key = valueWriter(1, keyType, all);
  const one = valueWriter(2, field.type, all);
  const tag = (field.id << 3) | 2;
  return (writer, value) => {
    if (!isObject(value)) throw wrongValue('an object', value);
    for (const name of Object.keys(value).sort()) {
      if (value[name] === undefined) continue;
      try {
        writer.uint32(tag).fork();
        key(writer, keyType === 'bool' ? name === 'true' : name);
        one(writer, value[name]);
        writer.ldelim();
      } catch (error) {
        throw inside(name, error);
      }
    }
  };
}

/**
 * `@type` beside the fields, or beside `value` for types whose JSON is no object. A type that the set lacks (it is
 * that of an older Envoy) travels as a TypedStruct: Envoy reads it with its own definition.
 */
function writeAny(writer: Writer, value: unknown): void {
  if (!isObject(value)) throw wrongValue('an object with "@type"', value);
  const { '@type': url, ...fields } = value;
  if (typeof url !== 'string' || !url.includes('/')) throw wrongValue('a type URL in "@type"', url);
  const type = url.slice(url.lastIndexOf('/') + 1);
  const ofValue = wellKnown[type];
  if (ofValue !== undefined) {
    writer.uint32(10).string(url);
    nested(writer.uint32(18), ofValue, fields['value']);
  } else if (isKnownType(type)) {
    writer.uint32(10).string(url);
    writer.uint32(18).fork();
    contentWriter(type)(writer, fields);
    writer.ldelim();
  } else {
    writer.uint32(10).string(`type.googleapis.com/${typedStruct}`);
    writer.uint32(18).fork();
    contentWriter(typedStruct)(writer, { type_url: url, value: fields });
    writer.ldelim();
  }
}
