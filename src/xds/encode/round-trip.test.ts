import fc from 'fast-check';
import protobuf from 'protobufjs/minimal.js';
import { expect, test } from 'vitest';
import type { Message } from '../resource.ts';
import { contentWriter } from './converter.ts';
import { decodeMessage } from './decode.ts';
import { descriptors, type FieldDescriptor } from './descriptors.ts';

const upstreamTls = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext';

/** Values of any message of the set, some levels deep, in the form that decoding gives back. */
function messageOf(type: string, depth: number): fc.Arbitrary<Message> {
  const fields = Object.entries(descriptors().messages[type] ?? {});
  const chosen = fc.subarray(fields, { maxLength: depth === 0 ? 0 : Math.min(5, fields.length) });
  return chosen.chain((some) => {
    const oneofs = new Set<string>();
    const free = some.filter(([, { oneof }]) => oneof === undefined || (!oneofs.has(oneof) && oneofs.add(oneof)));
    return fc.record(Object.fromEntries(free.map(([name, field]) => [name, fieldOf(field, depth - 1)])));
  });
}

function fieldOf(field: FieldDescriptor, depth: number): fc.Arbitrary<unknown> {
  const one = sampleOf(field.type, depth);
  if (field.key === 'string') return fc.dictionary(fc.string(), one, { minKeys: 1, maxKeys: 3 });
  if (field.key !== undefined) return fc.constant({ 7: undefined }).chain(() => one.map((value) => ({ 7: value })));
  return field.repeated === undefined ? one : fc.array(one, { minLength: 1, maxLength: 3 });
}

const text = fc.string({ unit: 'grapheme' });
const fraction = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value));
const simple: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  string: text,
  bool: fc.boolean(),
  double: fraction,
  float: fc.float({ noNaN: true }).map((value) => (value === 0 ? 0 : value)),
  bytes: fc.uint8Array().map((value) => Buffer.from(value).toString('base64')),
  int32: fc.integer(),
  sint32: fc.integer(),
  uint32: fc.nat(),
  fixed32: fc.nat(),
  int64: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(String),
  uint64: fc.bigInt(0n, 2n ** 64n - 1n).map(String),
  fixed64: fc.bigInt(0n, 2n ** 64n - 1n).map(String),
  'google.protobuf.Duration': fc
    .tuple(fc.nat(), fc.constantFrom('', '.5', '.000000001'))
    .map((parts) => `${parts.join('')}s`),
  'google.protobuf.Timestamp': fc.constantFrom('2026-01-01T00:00:00Z', '1969-12-31T23:59:59.25Z'),
  'google.protobuf.Struct': fc.dictionary(text, fc.jsonValue().map(normal)),
  'google.protobuf.Value': fc.constantFrom('a', 1, true, [1], { a: null }),
  'google.protobuf.ListValue': fc.array(fc.integer()),
  'google.protobuf.Any': fc.constant({ '@type': upstreamTls, sni: 'x' }),
  'google.protobuf.BoolValue': fc.boolean(),
  'google.protobuf.StringValue': text,
  'google.protobuf.BytesValue': fc.constant('AAEC'),
  'google.protobuf.UInt32Value': fc.nat(),
  'google.protobuf.Int32Value': fc.integer(),
  'google.protobuf.UInt64Value': fc.bigInt(0n, 2n ** 64n - 1n).map(String),
  'google.protobuf.Int64Value': fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(String),
  'google.protobuf.DoubleValue': fraction,
  'google.protobuf.FloatValue': fc.constant(0.5),
};

/** JSON has one zero. */
function normal(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function sampleOf(type: string, depth: number): fc.Arbitrary<unknown> {
  const names = descriptors().enums[type];
  if (names !== undefined) return fc.constantFrom(...firstNames(names));
  return simple[type] ?? messageOf(type, depth);
}

/** Of aliases of one number the first is what decoding gives. */
function firstNames(names: Readonly<Record<string, number>>): string[] {
  const seen = new Set<number>();
  return Object.keys(names).filter((name) => {
    const number = names[name] ?? 0;
    return !seen.has(number) && seen.add(number);
  });
}

test('any message of the set survives the round trip', () => {
  // A Node and the requests that hold one are read in part: `unread` of decode.ts.
  const types = Object.keys(descriptors().messages).filter(
    (type) => !/core\.v3\.Node$|v3\.Bootstrap$|service\.(discovery|health)/.test(type),
  );
  const sample = fc.constantFrom(...types).chain((type) => messageOf(type, 4).map((message) => ({ type, message })));
  fc.assert(
    fc.property(sample, ({ type, message }) => {
      const writer = protobuf.Writer.create();
      contentWriter(type)(writer, message);
      expect(decodeMessage(type, writer.finish())).toEqual(message);
    }),
    { numRuns: 1500 },
  );
});
