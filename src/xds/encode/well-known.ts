import { inside, wrongValue } from './encode-fault.ts';
import { type Reader, type Scalar, scalars, type Writer } from './scalars.ts';

/** A message whose JSON is no object of its fields. `write` writes the content, without tag and length. */
export interface WellKnown {
  write(writer: Writer, value: unknown): void;
  read(reader: Reader, end: number): unknown;
}

/** `1.5s` and the like: seconds 1, nanos 2. */
const duration: WellKnown = {
  write: (writer, value) => {
    const parts = typeof value === 'string' ? /^(-?)([0-9]{1,12})(?:\.([0-9]{1,9}))?s$/.exec(value) : null;
    if (parts === null) throw wrongValue('a duration such as "1.5s"', value);
    const [, sign = '', seconds = '0', fraction = ''] = parts;
    const factor = sign === '-' ? -1 : 1;
    writeTime(writer, factor * Number(seconds), factor * Number(fraction.padEnd(9, '0')));
  },
  read: (reader, end) => {
    const { seconds, nanos } = readTime(reader, end);
    const sign = seconds < 0 || nanos < 0 ? '-' : '';
    return `${sign}${Math.abs(seconds)}${fractionOf(Math.abs(nanos))}s`;
  },
};

const timestamp: WellKnown = {
  write: (writer, value) => {
    const parts = typeof value === 'string' ? /^([^.]+?)(?:\.([0-9]{1,9}))?(Z|[+-][0-9:]{5})$/.exec(value) : null;
    const at = parts === null ? Number.NaN : Date.parse(`${parts[1]}${parts[3]}`);
    if (Number.isNaN(at)) throw wrongValue('a time such as "2026-01-01T00:00:00Z"', value);
    writeTime(writer, at / 1000, Number((parts?.[2] ?? '').padEnd(9, '0')));
  },
  read: (reader, end) => {
    const { seconds, nanos } = readTime(reader, end);
    return `${new Date(seconds * 1000).toISOString().slice(0, 19)}${fractionOf(nanos)}Z`;
  },
};

function fractionOf(nanos: number): string {
  return nanos === 0 ? '' : `.${String(nanos).padStart(9, '0').replace(/0+$/, '')}`;
}

function writeTime(writer: Writer, seconds: number, nanos: number): void {
  if (seconds !== 0) writer.uint32(8).int64(seconds);
  if (nanos !== 0) writer.uint32(16).int32(nanos);
}

function readTime(reader: Reader, end: number): { seconds: number; nanos: number } {
  const found = { seconds: 0, nanos: 0 };
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === 8) found.seconds = Number(reader.int64());
    else if (tag === 16) found.nanos = reader.int32();
    else reader.skipType(tag & 7);
  }
  return found;
}

/** google.protobuf.Value is written here and not by protobufjs: its own drops keys that are not camelCase. */
const jsonValue: WellKnown = {
  write: (writer, value) => {
    if (value === null) writer.uint32(8).int32(0);
    else if (typeof value === 'number') writer.uint32(17).double(value);
    else if (typeof value === 'string') scalars['string']?.write(writer.uint32(26), value);
    else if (typeof value === 'boolean') writer.uint32(32).bool(value);
    else if (Array.isArray(value)) nested(writer.uint32(50), list, value);
    else nested(writer.uint32(42), struct, value);
  },
  read: (reader, end) => {
    let found: unknown = null;
    while (reader.pos < end) {
      const tag = reader.uint32();
      const read = kinds.get(tag);
      if (read === undefined) reader.skipType(tag & 7);
      else found = read(reader);
    }
    return found;
  },
};

/** The kinds of a Value by tag. */
const kinds: ReadonlyMap<number, (reader: Reader) => unknown> = new Map([
  [8, (reader) => (reader.int32() === 0 ? null : undefined)],
  [17, (reader) => reader.double()],
  [26, (reader) => reader.string()],
  [32, (reader) => reader.bool()],
  [42, (reader) => readNested(reader, struct)],
  [50, (reader) => readNested(reader, list)],
] satisfies [number, (reader: Reader) => unknown][]);

/** Keys in order: equal content must be equal bytes. */
const struct: WellKnown = {
  write: (writer, value) => {
    if (!isObject(value)) throw wrongValue('an object', value);
    for (const key of Object.keys(value).sort()) {
      if (value[key] === undefined) continue;
      try {
        scalars['string']?.write(writer.uint32(10).fork().uint32(10), key);
        nested(writer.uint32(18), jsonValue, value[key]);
        writer.ldelim();
      } catch (error) {
        throw inside(key, error);
      }
    }
  },
  read: (reader, end) => {
    const entries: [string, unknown][] = [];
    while (reader.pos < end) {
      reader.uint32();
      const entryEnd = reader.uint32() + reader.pos;
      let key = '';
      let value: unknown = null;
      while (reader.pos < entryEnd) {
        if (reader.uint32() === 10) key = reader.string();
        else value = readNested(reader, jsonValue);
      }
      entries.push([key, value]);
    }
    return Object.fromEntries(entries);
  },
};

const list: WellKnown = {
  write: (writer, value) => {
    if (!Array.isArray(value)) throw wrongValue('a list', value);
    for (const [index, item] of value.entries()) {
      try {
        nested(writer.uint32(10), jsonValue, item);
      } catch (error) {
        throw inside(index, error);
      }
    }
  },
  read: (reader, end) => {
    const items: unknown[] = [];
    while (reader.pos < end) {
      reader.uint32();
      items.push(readNested(reader, jsonValue));
    }
    return items;
  },
};

export function nested(writer: Writer, type: WellKnown, value: unknown): void {
  writer.fork();
  type.write(writer, value);
  writer.ldelim();
}

export function readNested(reader: Reader, type: WellKnown): unknown {
  const end = reader.uint32() + reader.pos;
  return type.read(reader, end);
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A plain value in a message of its own, to tell zero from nothing. */
function wrapper(scalar: Scalar, none: unknown): WellKnown {
  return {
    write: (writer, value) => scalar.write(writer.uint32(8 | scalar.wire), value),
    read: (reader, end) => {
      let found = none;
      while (reader.pos < end) {
        reader.uint32();
        found = scalar.read(reader);
      }
      return found;
    },
  };
}

function wrapperOf(name: string, none: unknown): WellKnown {
  const scalar = scalars[name];
  if (scalar === undefined) throw new Error(`no scalar ${name}`);
  return wrapper(scalar, none);
}

/** All but Any, whose content is a message again: converter.ts. */
export const wellKnown: Readonly<Record<string, WellKnown>> = {
  'google.protobuf.Duration': duration,
  'google.protobuf.Timestamp': timestamp,
  'google.protobuf.Struct': struct,
  'google.protobuf.Value': jsonValue,
  'google.protobuf.ListValue': list,
  'google.protobuf.DoubleValue': wrapperOf('double', 0),
  'google.protobuf.FloatValue': wrapperOf('float', 0),
  'google.protobuf.Int32Value': wrapperOf('int32', 0),
  'google.protobuf.UInt32Value': wrapperOf('uint32', 0),
  'google.protobuf.Int64Value': wrapperOf('int64', '0'),
  'google.protobuf.UInt64Value': wrapperOf('uint64', '0'),
  'google.protobuf.BoolValue': wrapperOf('bool', false),
  'google.protobuf.StringValue': wrapperOf('string', ''),
  'google.protobuf.BytesValue': wrapperOf('bytes', ''),
};
