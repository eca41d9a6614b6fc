import protobuf from 'protobufjs/minimal.js';
import type { EncodedResource } from '../resource.ts';

/** DeltaDiscoveryResponse: system_version_info 1, resources 2, type_url 4, nonce 5, removed_resources 6. */
export function deltaResponse(response: {
  readonly typeUrl: string;
  readonly nonce: string;
  readonly resources: readonly EncodedResource[];
  readonly removed: readonly string[];
}): Buffer {
  const tail = protobuf.Writer.create().uint32(34).string(response.typeUrl).uint32(42).string(response.nonce);
  for (const name of response.removed) tail.uint32(50).string(name);
  return Buffer.concat([...response.resources.map((resource) => resource.deltaFrame), tail.finish()]);
}

/** DiscoveryResponse: version_info 1, resources 2, type_url 4, nonce 5. */
export function sotwResponse(response: {
  readonly typeUrl: string;
  readonly nonce: string;
  readonly version: string;
  readonly resources: readonly EncodedResource[];
}): Buffer {
  const head = protobuf.Writer.create().uint32(10).string(response.version).finish();
  const tail = protobuf.Writer.create().uint32(34).string(response.typeUrl).uint32(42).string(response.nonce).finish();
  return Buffer.concat([head, ...response.resources.map((resource) => resource.sotwFrame), tail]);
}
