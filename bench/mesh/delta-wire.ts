import protobuf from 'protobufjs/minimal.js';
import { typeUrls, type XdsType } from '../../src/xds/resource.ts';

/** What a simulated proxy reads of a response: no more than its next request depends on. */
export interface Response {
  readonly type: XdsType;
  readonly nonce: string;
  readonly names: readonly string[];
  /** The content of the first resource (google.protobuf.Any). */
  readonly first: Uint8Array | undefined;
}

const typeByUrl = new Map(Object.entries(typeUrls).map(([type, url]) => [url as string, type as XdsType]));

/** DeltaDiscoveryResponse: resources 2, type_url 4, nonce 5; Resource: resource 2, name 3. */
export function readResponse(bytes: Buffer): Response {
  const reader = protobuf.Reader.create(bytes);
  const names: string[] = [];
  let [url, nonce] = ['', ''];
  let first: Uint8Array | undefined;
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === 18) {
      const end = reader.uint32() + reader.pos;
      const resource = readResource(reader, end);
      names.push(resource.name);
      first ??= resource.content;
    } else if (tag === 34) url = reader.string();
    else if (tag === 42) nonce = reader.string();
    else reader.skipType(tag & 7);
  }
  const type = typeByUrl.get(url);
  if (type === undefined) throw new Error(`a response of type "${url}"`);
  return { type, nonce, names, first };
}

function readResource(reader: protobuf.Reader, end: number): { name: string; content: Uint8Array | undefined } {
  let name = '';
  let content: Uint8Array | undefined;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === 18) content = reader.bytes();
    else if (tag === 26) name = reader.string();
    else reader.skipType(tag & 7);
  }
  return { name, content };
}

/** Of an Envoy some 60 kB, with all its extensions. DeltaDiscoveryRequest: node 1; Node: id 1, cluster 2, extensions 9. */
export function nodeField(id: string): Uint8Array {
  const writer = protobuf.Writer.create().uint32(10).fork().uint32(10).string(id).uint32(18).string('bench');
  return writer.uint32(74).fork().uint32(10).string(extensions).ldelim().ldelim().finish();
}

const extensions = 'envoy.filters.http.something '.repeat(2000);

/** type_url 2, resource_names_subscribe 3, response_nonce 6. */
export function request(type: XdsType, subscribe: readonly string[], nonce = '', node?: Uint8Array): Buffer {
  const writer = protobuf.Writer.create().uint32(18).string(typeUrls[type]);
  for (const name of subscribe) writer.uint32(26).string(name);
  if (nonce !== '') writer.uint32(50).string(nonce);
  return Buffer.concat([...(node === undefined ? [] : [node]), writer.finish()]);
}
