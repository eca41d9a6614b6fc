import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import protobuf from 'protobufjs';
import { addedEnums, addedFields } from './added-fields.ts';
import type { Descriptors, FieldDescriptor } from './descriptors.ts';

/**
 * Makes `descriptors.json` (`npm run protos`) of the .proto files that @grpc/grpc-js-xds ships: parsing them at every
 * start would cost 0.2 s, and the package is no dependency of the running program. Only what a resource of ours, or a
 * request of a proxy, can hold is kept.
 */
const shipped = join(import.meta.dirname, '../../../node_modules/@grpc/grpc-js-xds/deps');
const googleTypes = join(import.meta.dirname, '../../../node_modules/protobufjs');
/** What the shipped set lacks and we use, in our own words. */
const added = join(import.meta.dirname, 'added-protos');
const roots = [...['envoy-api', 'xds', 'googleapis', 'protoc-gen-validate'].map((name) => join(shipped, name)), added];
const wanted = [
  /^envoy\/(config|extensions)\/.*\/v3\//,
  /^envoy\/service\/(discovery|health)\/v3\//,
  /^xds\/(core|type)\//,
  /^udpa\/type\//,
];
/** The proto set has it, nothing of ours does. */
const unwanted = [
  /^envoy\/config\/(tap|ratelimit)\//,
  /^envoy\/config\/trace\/v3\/(opencensus|service)/,
  // They import the protos of OpenTelemetry, which are not shipped: their messages travel as TypedStruct.
  /^envoy\/extensions\/(access_loggers|stat_sinks)\/open_telemetry\//,
];

export function describeTypes(): Descriptors {
  // The options that .proto files extend; protobufjs knows the other google.protobuf types by itself.
  const descriptor = JSON.parse(readFileSync(join(googleTypes, 'google/protobuf/descriptor.json'), 'utf8'));
  protobuf.common('descriptor', descriptor.nested.google.nested.protobuf.nested);
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => resolveImport(target);
  root.loadSync(roots.flatMap(filesOf), { keepCase: true });
  root.resolveAll();
  const messages: [string, Record<string, FieldDescriptor>][] = [];
  const enums: [string, Record<string, number>][] = [];
  visit(root, (found) => {
    if (found instanceof protobuf.Type) messages.push([nameOf(found), fieldsOf(found)]);
    if (found instanceof protobuf.Enum) enums.push([nameOf(found), found.values]);
  });
  const shippedMessages = Object.fromEntries(messages);
  const more = Object.entries(addedFields).map(([name, fields]) => [name, { ...shippedMessages[name], ...fields }]);
  return reachable(
    { ...shippedMessages, ...Object.fromEntries(more) },
    { ...Object.fromEntries(enums), ...addedEnums },
  );
}

function filesOf(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.proto'))
    .filter((file) => wanted.some((pattern) => pattern.test(file)) && !unwanted.some((pattern) => pattern.test(file)))
    .sort();
}

/** Null: not read. OpenCensus is imported by trace.proto and not shipped with it. */
function resolveImport(target: string): string | null {
  if (/^opencensus\/|\/opencensus\.proto$/.test(target)) return null;
  const candidates = [...roots, googleTypes].map((root) => join(root, target));
  const found = candidates.find((path) => existsSync(path));
  if (found === undefined) throw new Error(`no file for the import ${target}`);
  return found;
}

function nameOf(found: protobuf.ReflectionObject): string {
  return found.fullName.replace(/^\./, '');
}

function visit(found: protobuf.ReflectionObject, see: (found: protobuf.ReflectionObject) => void): void {
  see(found);
  if (found instanceof protobuf.Namespace) for (const nested of found.nestedArray) visit(nested, see);
}

function fieldsOf(type: protobuf.Type): Record<string, FieldDescriptor> {
  const fields = [...type.fieldsArray].sort((a, b) => a.id - b.id);
  return Object.fromEntries(fields.map((field) => [field.name, describeField(field)]));
}

function describeField(field: protobuf.Field): FieldDescriptor {
  const resolved = field.resolvedType;
  const type = resolved === null ? field.type : nameOf(resolved);
  const oneof = field.partOf?.isProto3Optional === false ? field.partOf.name : undefined;
  return {
    id: field.id,
    type,
    ...(field instanceof protobuf.MapField ? { key: field.keyType } : {}),
    ...(field.repeated ? { repeated: field.packed && isPackable(field) ? 'packed' : 'each' } : {}),
    ...(oneof === undefined ? {} : { oneof }),
  };
}

function isPackable(field: protobuf.Field): boolean {
  return field.resolvedType instanceof protobuf.Enum || field.type in protobuf.types.packed;
}

/** What the wanted packages lead to, and nothing that only an option of a .proto file uses. */
function reachable(messages: Descriptors['messages'], enums: Descriptors['enums']): Descriptors {
  const kept = new Set<string>();
  const keep = (name: string): void => {
    if (kept.has(name)) return;
    kept.add(name);
    for (const field of Object.values(messages[name] ?? {})) keep(field.type);
  };
  const start =
    /^(envoy\.(config|extensions|service\.(discovery|health))\.|xds\.|udpa\.type\.|google\.protobuf\.Empty$)/;
  for (const name of Object.keys(messages)) if (start.test(name)) keep(name);
  // Those with a JSON form of their own are written by hand: well-known.ts.
  const own = (name: string): boolean => /^google\.protobuf\.(?!Empty$|NullValue$)/.test(name);
  for (const name of kept) if (own(name)) kept.delete(name);
  const only = <Value>(all: Readonly<Record<string, Value>>): Record<string, Value> =>
    Object.fromEntries(
      Object.entries(all)
        .filter(([name]) => kept.has(name))
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  return { messages: only(messages), enums: only(enums) };
}

/** One type a line, that a change of the set is a readable diff. */
export function printDescriptors({ messages, enums }: Descriptors): string {
  const lines = (all: Readonly<Record<string, unknown>>): string =>
    Object.entries(all)
      .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)
      .join(',\n');
  return `{"messages":{\n${lines(messages)}\n},"enums":{\n${lines(enums)}\n}}\n`;
}

if (process.argv[1] === import.meta.filename) {
  const target = join(import.meta.dirname, 'descriptors.json');
  writeFileSync(target, printDescriptors(describeTypes()));
  console.info(`wrote ${relative(process.cwd(), target)}`);
}
