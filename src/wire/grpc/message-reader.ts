import { type Status, statusCodes } from './status.ts';

/** What a client did against the protocol: the call ends with it. */
export class ProtocolFault extends Error {
  readonly status: Status;

  constructor(code: Status['code'], message: string) {
    super(message);
    this.status = { code: code, message };
  }
}

const headBytes = 5;

/**
 * Cuts a stream of bytes into messages: `Length-Prefixed-Message` of
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, a flag of compression, four bytes of length, the message.
 */
export class MessageReader {
  readonly #mostBytes: number;
  #chunks: Buffer[] = [];
  #length = 0;
  /** Of the message that comes: no byte is joined before all are there. */
  #wanted = headBytes;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** True between two messages: a client may end there. */
  get between(): boolean {
    return this.#length === 0;
  }

  /** The messages that are whole now. Throws ProtocolFault on one that is too long, or compressed. */
  push(chunk: Buffer): readonly Buffer[] {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#wanted) return [];
    const messages: Buffer[] = [];
    let bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#length);
    for (let size = this.#sizeOf(bytes); size !== undefined; size = this.#sizeOf(bytes)) {
      if (bytes.length < size) break;
      messages.push(bytes.subarray(headBytes, size));
      bytes = bytes.subarray(size);
    }
    this.#chunks = bytes.length === 0 ? [] : [bytes];
    this.#length = bytes.length;
    return messages;
  }

  /** Head and message; undefined before the head is whole. */
  #sizeOf(bytes: Buffer): number | undefined {
    this.#wanted = headBytes;
    if (bytes.length < headBytes) return undefined;
    if (bytes[0] !== 0) {
      throw new ProtocolFault(statusCodes.UNIMPLEMENTED, 'compressed messages are not read: send them as they are');
    }
    const size = headBytes + bytes.readUInt32BE(1);
    if (size > this.#mostBytes + headBytes) {
      const detail = `a message of ${size - headBytes} bytes is longer than the ${this.#mostBytes} that are read`;
      throw new ProtocolFault(statusCodes.RESOURCE_EXHAUSTED, detail);
    }
    this.#wanted = size;
    return size;
  }
}

/** What stands before a message. */
export function messageHead(bytes: number): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUInt32BE(bytes, 1);
  return head;
}
