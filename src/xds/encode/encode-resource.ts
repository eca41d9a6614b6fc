import { hash } from 'node:crypto';
import protobuf from 'protobufjs/minimal.js';
import { type EncodedResource, type Message, messageType, typeUrls, type XdsResource } from '../resource.ts';
import { contentWriter } from './converter.ts';
import { codedFault } from './encode-fault.ts';

const remembered = new WeakMap<XdsResource, EncodedResource>();

/** Bytes of a resource, framed as entries of responses. Remembered by identity: a resource is encoded once. */
export function encodeResource(resource: XdsResource): EncodedResource {
  const known = remembered.get(resource);
  if (known !== undefined) return known;
  const { message, ...rest } = resource;
  const sotwFrame = anyFrame(resource);
  const encoded: EncodedResource = {
    ...rest,
    ...traitsOf(resource.type, message),
    ...versioned(resource.name, resource.aliases ?? [], sotwFrame),
  };
  remembered.set(resource, encoded);
  return encoded;
}

const renamed = new WeakMap<EncodedResource, Map<string, EncodedResource>>();

/** The same resource for a client that asked for it by other names. `aliases` are sorted. */
export function withAliases(resource: EncodedResource, aliases: readonly string[]): EncodedResource {
  const key = aliases.join(' ');
  if (key === (resource.aliases ?? []).join(' ')) return resource;
  const variants = renamed.get(resource) ?? new Map<string, EncodedResource>();
  renamed.set(resource, variants);
  const known = variants.get(key);
  if (known !== undefined) return known;
  const { version, deltaFrame } = versioned(resource.name, aliases, resource.sotwFrame);
  const made = { ...resource, aliases, version, deltaFrame };
  // Names are the clients' own, and without end; what is forgotten is made again.
  if (variants.size >= 8) variants.clear();
  variants.set(key, made);
  return made;
}

/** `DiscoveryResponse.resources` (2): an Any of the type and the content. */
function anyFrame({ type, name, message }: XdsResource): Buffer {
  const url = typeUrls[type];
  const writer = protobuf.Writer.create().uint32(18).fork();
  writer.uint32(10).string(url).uint32(18).fork();
  try {
    contentWriter(messageType(type))(writer, message);
  } catch (error) {
    throw codedFault(`${type} ${name}`, error);
  }
  return asBuffer(writer.ldelim().ldelim().finish());
}

/**
 * `DeltaDiscoveryResponse.resources` (2): a Resource of version 1, resource 2, name 3, aliases 4. The entry of the
 * other kind of response begins with the same tag and is, as it stands, the field `resource` of a Resource.
 */
function versioned(
  name: string,
  aliases: readonly string[],
  anyEntry: Buffer,
): Pick<EncodedResource, 'version' | 'deltaFrame' | 'sotwFrame'> {
  const naming = protobuf.Writer.create().uint32(26).string(name);
  for (const alias of aliases) naming.uint32(34).string(alias);
  const rest = Buffer.concat([anyEntry, naming.finish()]);
  // The same in every process: after a restart a proxy says what it has, and gets nothing twice.
  const version = hash('sha256', rest, 'hex').slice(0, 16);
  const head = protobuf.Writer.create().uint32(10).string(version).finish();
  const length = protobuf.Writer.create()
    .uint32(18)
    .uint32(head.length + rest.length)
    .finish();
  // Memory of its own: a few bytes that stay would keep a whole block of Node's pool.
  const deltaFrame = Buffer.allocUnsafeSlow(length.length + head.length + rest.length);
  const begin = length.length + head.length;
  deltaFrame.set(length, 0);
  deltaFrame.set(head, length.length);
  deltaFrame.set(rest, begin);
  // A part of the other one: a thousand proxies have a thousand inbound listeners, of 70 kB each.
  return { version, deltaFrame, sotwFrame: deltaFrame.subarray(begin, begin + anyEntry.length) };
}

/** What the order of a push depends on, and bytes no longer tell. */
function traitsOf(type: XdsResource['type'], message: Message): { hasVhds?: true; isTombstone?: true } {
  if (type === 'route' && message['vhds'] !== undefined) return { hasVhds: true };
  if (type === 'cluster' && message['type'] === 'STATIC' && !hasEndpoints(message)) return { isTombstone: true };
  return {};
}

function hasEndpoints({ load_assignment: assignment }: Message): boolean {
  if (typeof assignment !== 'object' || assignment === null || !('endpoints' in assignment)) return false;
  return Array.isArray(assignment.endpoints) && assignment.endpoints.length > 0;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
