import protobuf from 'protobufjs/minimal.js';
import type { EncodedResource, Message } from '../resource.ts';
import { decodeAny } from './decode.ts';

/** The message of a resource, from its bytes. */
export function decodeResource({ sotwFrame }: Pick<EncodedResource, 'sotwFrame'>): Message {
  const reader = protobuf.Reader.create(sotwFrame);
  // The field's tag, then the length of the Any behind it.
  reader.uint32();
  const length = reader.uint32();
  const { '@type': _, ...message } = decodeAny(sotwFrame.subarray(reader.pos, reader.pos + length));
  return message;
}
