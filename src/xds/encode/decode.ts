import protobuf from 'protobufjs/minimal.js';
import type { Message } from '../resource.ts';
import { descriptors, type FieldDescriptor } from './descriptors.ts';
import { type Reader, scalars } from './scalars.ts';
import { readNested, wellKnown } from './well-known.ts';

type Mutable = Record<string, unknown>;

/** The extensions of an Envoy, 60 kB of its first request: nobody asks for them. */
const unread = 'envoy.config.core.v3.Node.extensions';

const fieldsById = new Map<string, ReadonlyMap<number, readonly [string, FieldDescriptor]>>();

/** Bytes of a message to JSON as `contentWriter` takes it. What the set does not know is skipped. */
export function decodeMessage(type: string, bytes: Uint8Array): Message {
  const reader = protobuf.Reader.create(bytes);
  return readMessage(type, reader, reader.len);
}

/** Bytes of a google.protobuf.Any; a TypedStruct becomes what it stands for. */
export function decodeAny(bytes: Uint8Array): Message {
  const reader = protobuf.Reader.create(bytes);
  return readAny(reader, reader.len);
}

function readMessage(type: string, reader: Reader, end: number): Message {
  const fields = fieldsOf(type);
  const found: Mutable = {};
  while (reader.pos < end) {
    const tag = reader.uint32();
    const known = fields.get(tag >>> 3);
    if (known === undefined) reader.skipType(tag & 7);
    else readField(found, known, reader, tag & 7);
  }
  return found;
}

function fieldsOf(type: string): ReadonlyMap<number, readonly [string, FieldDescriptor]> {
  const known = fieldsById.get(type);
  if (known !== undefined) return known;
  const fields = Object.entries(descriptors().messages[type] ?? {});
  const made = new Map(fields.filter(([name]) => `${type}.${name}` !== unread).map((entry) => [entry[1].id, entry]));
  fieldsById.set(type, made);
  return made;
}

function readField(
  found: Mutable,
  [name, field]: readonly [string, FieldDescriptor],
  reader: Reader,
  wire: number,
): void {
  if (field.key !== undefined) {
    const [key, value] = readEntry(field, field.key, reader);
    // Without a prototype: a key may be `__proto__`.
    const entries: Mutable = (found[name] as Mutable | undefined) ?? Object.create(null);
    entries[key] = value;
    found[name] = entries;
  } else if (field.repeated === undefined) {
    found[name] = readValue(field.type, reader);
  } else {
    const items: unknown[] = Array.isArray(found[name]) ? found[name] : [];
    found[name] = items;
    if (wire === 2 && field.repeated === 'packed') {
      const end = reader.uint32() + reader.pos;
      while (reader.pos < end) items.push(readValue(field.type, reader));
    } else items.push(readValue(field.type, reader));
  }
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}

function readEntry(field: FieldDescriptor, keyType: string, reader: Reader): [string, unknown] {
  const end = reader.uint32() + reader.pos;
  let key = '';
  let value: unknown;
  while (reader.pos < end) {
    if (reader.uint32() >>> 3 === 1) key = String(readValue(keyType, reader));
    else value = readValue(field.type, reader);
  }
  return [key, value];
}

function readValue(type: string, reader: Reader): unknown {
  const scalar = scalars[type];
  if (scalar !== undefined) return scalar.read(reader);
  const names = descriptors().enums[type];
  if (names !== undefined) return enumName(names, reader.int32());
  const known = wellKnown[type];
  if (known !== undefined) return readNested(reader, known);
  const end = reader.uint32() + reader.pos;
  return type === 'google.protobuf.Any' ? readAny(reader, end) : readMessage(type, reader, end);
}

function enumName(names: Readonly<Record<string, number>>, number: number): string | number {
  return Object.keys(names).find((name) => names[name] === number) ?? number;
}

function readAny(reader: Reader, end: number): Message {
  let url = '';
  let bytes: Uint8Array = new Uint8Array();
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === 10) url = reader.string();
    else if (tag === 18) bytes = reader.bytes();
    else reader.skipType(tag & 7);
  }
  return anyToJson(url, bytes);
}

function anyToJson(url: string, bytes: Uint8Array): Message {
  const type = url.slice(url.lastIndexOf('/') + 1);
  const known = wellKnown[type];
  if (known !== undefined) {
    const reader = protobuf.Reader.create(bytes);
    return { '@type': url, value: known.read(reader, reader.len) };
  }
  const message = decodeMessage(type, bytes);
  if (type !== 'xds.type.v3.TypedStruct') return { '@type': url, ...message };
  return { '@type': message['type_url'], ...asObject(message['value']) };
}
