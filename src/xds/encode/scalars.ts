import type protobuf from 'protobufjs/minimal.js';
import { wrongValue } from './encode-fault.ts';

export type Writer = protobuf.Writer;
export type Reader = protobuf.Reader;

/** One scalar of protobuf: its wire type, and its way from JSON and back. */
export interface Scalar {
  readonly wire: 0 | 1 | 2 | 5;
  write(writer: Writer, value: unknown): void;
  read(reader: Reader): unknown;
}

export function wholeNumber(name: string, least: number, most: number): (value: unknown) => number {
  return (value) => {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof number === 'number' && Number.isInteger(number) && number >= least && number <= most) return number;
    throw wrongValue(`a number of ${name}`, value);
  };
}

/** 64 bits as decimal text: what JSON's numbers cannot hold must not be rounded on the way. */
function wholeText(name: string, least: bigint, most: bigint): (value: unknown) => string {
  return (value) => {
    const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
    if (typeof text === 'string' && /^-?[0-9]{1,20}$/.test(text)) {
      const exact = BigInt(text);
      if (exact >= least && exact <= most) return text;
    }
    throw wrongValue(`a number of ${name}`, value);
  };
}

function real(value: unknown): number {
  if (typeof value === 'number') return value;
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
  throw wrongValue('a number', value);
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw wrongValue('a string', value);
  if (!value.isWellFormed()) throw wrongValue('well-formed Unicode', value);
  return value;
}

function flag(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw wrongValue('true or false', value);
}

const base64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

function bytes(value: unknown): Buffer {
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (typeof value === 'string' && base64.test(value)) return Buffer.from(value, 'base64');
  throw wrongValue('base64', value);
}

const int32 = wholeNumber('32 bits', -(2 ** 31), 2 ** 31 - 1);
const uint32 = wholeNumber('32 bits without a sign', 0, 2 ** 32 - 1);
const int64 = wholeText('64 bits', -(2n ** 63n), 2n ** 63n - 1n);
const uint64 = wholeText('64 bits without a sign', 0n, 2n ** 64n - 1n);

/** Both methods of a scalar that protobufjs has under one name. */
function scalar<Value>(
  wire: Scalar['wire'],
  check: (value: unknown) => Value,
  write: (writer: Writer, value: Value) => void,
  read: (reader: Reader) => unknown,
): Scalar {
  return { wire, write: (writer, value) => write(writer, check(value)), read };
}

export const scalars: Readonly<Record<string, Scalar>> = {
  double: scalar(
    1,
    real,
    (writer, value) => writer.double(value),
    (reader) => reader.double(),
  ),
  float: scalar(
    5,
    real,
    (writer, value) => writer.float(value),
    (reader) => reader.float(),
  ),
  int32: scalar(
    0,
    int32,
    (writer, value) => writer.int32(value),
    (reader) => reader.int32(),
  ),
  uint32: scalar(
    0,
    uint32,
    (writer, value) => writer.uint32(value),
    (reader) => reader.uint32(),
  ),
  sint32: scalar(
    0,
    int32,
    (writer, value) => writer.sint32(value),
    (reader) => reader.sint32(),
  ),
  fixed32: scalar(
    5,
    uint32,
    (writer, value) => writer.fixed32(value),
    (reader) => reader.fixed32(),
  ),
  sfixed32: scalar(
    5,
    int32,
    (writer, value) => writer.sfixed32(value),
    (reader) => reader.sfixed32(),
  ),
  int64: scalar(
    0,
    int64,
    (writer, value) => writer.int64(value),
    (reader) => String(reader.int64()),
  ),
  uint64: scalar(
    0,
    uint64,
    (writer, value) => writer.uint64(value),
    (reader) => String(reader.uint64()),
  ),
  sint64: scalar(
    0,
    int64,
    (writer, value) => writer.sint64(value),
    (reader) => String(reader.sint64()),
  ),
  fixed64: scalar(
    1,
    uint64,
    (writer, value) => writer.fixed64(value),
    (reader) => String(reader.fixed64()),
  ),
  sfixed64: scalar(
    1,
    int64,
    (writer, value) => writer.sfixed64(value),
    (reader) => String(reader.sfixed64()),
  ),
  bool: scalar(
    0,
    flag,
    (writer, value) => writer.bool(value),
    (reader) => reader.bool(),
  ),
  string: scalar(
    2,
    text,
    (writer, value) => writer.string(value),
    (reader) => reader.string(),
  ),
  bytes: scalar(
    2,
    bytes,
    (writer, value) => writer.bytes(value),
    (reader) => Buffer.from(reader.bytes()).toString('base64'),
  ),
};
