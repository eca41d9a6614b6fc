import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import protobuf from 'protobufjs';

const deps = join(import.meta.dirname, '../../node_modules/@grpc/grpc-js-xds/deps/protoc-gen-validate');
const google = join(import.meta.dirname, '../../node_modules/protobufjs/google/protobuf/descriptor.json');

export interface FieldProto {
  readonly name: string;
  readonly options?: { readonly '.validate.rules'?: Record<string, unknown> };
}

export interface MessageProto {
  readonly name: string;
  readonly field?: readonly FieldProto[];
  readonly nestedType?: readonly MessageProto[];
  readonly oneofDecl?: readonly {
    readonly name: string;
    readonly options?: { readonly '.validate.required'?: boolean };
  }[];
  readonly options?: { readonly '.validate.disabled'?: boolean; readonly '.validate.ignored'?: boolean };
}

export interface FileProto {
  readonly name: string;
  readonly package: string;
  readonly messageType?: readonly MessageProto[];
}

/** The .proto files of Envoy's API as its binary has them, compiled into it: those of this very version. */
export function protosOf(binary: string): FileProto[] {
  const type = fileType();
  const bytes = readFileSync(binary);
  const found = new Map<string, FileProto>();
  for (let at = bytes.indexOf('envoy/'); at >= 0; at = bytes.indexOf('envoy/', at + 1)) {
    // `name` (1) is the first field of a FileDescriptorProto, a string of less than 128 bytes.
    const name = bytes.toString('latin1', at, at + (bytes[at - 1] ?? 0));
    if (bytes[at - 2] !== 0x0a || !/^envoy\/[\w/.]+\.proto$/.test(name)) continue;
    const file = bytes.subarray(at - 2, endOf(bytes, at - 2));
    found.set(name, type.toObject(type.decode(file), { enums: String, longs: Number }) as FileProto);
  }
  return [...found.values()];
}

function fileType(): protobuf.Type {
  const descriptor = JSON.parse(readFileSync(google, 'utf8'));
  protobuf.common('descriptor', descriptor.nested.google.nested.protobuf.nested);
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => join(deps, target);
  root.loadSync('validate/validate.proto', { keepCase: true });
  root.resolveAll();
  return root.lookupType('google.protobuf.FileDescriptorProto');
}

/** Nothing says how long a file is: it ends before the first field that a FileDescriptorProto has not, or has once. */
function endOf(bytes: Buffer, start: number): number {
  const reader = protobuf.Reader.create(bytes);
  const fields = new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14]);
  reader.pos = start;
  for (;;) {
    const before = reader.pos;
    const tag = reader.uint32();
    const isFirst = before === start;
    if (!fields.has(tag >>> 3) || ![0, 2].includes(tag & 7) || (tag >>> 3 === 1 && !isFirst)) return before;
    reader.skipType(tag & 7);
  }
}
