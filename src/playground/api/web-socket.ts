import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** The server's end of a WebSocket that carries binary messages. */
export interface WebSocketEnd {
  send(message: Buffer): void;
  close(): void;
}

export interface WebSocketEvents {
  readonly message: (message: Buffer) => void;
  readonly closed: () => void;
}

/** RFC 6455, 1.3. */
const acceptSuffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const opcodes = { more: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
const longestMessage = 16 * 1024 * 1024;

/** Answers the handshake with the first protocol that both speak; undefined, and the connection is closed: none. */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  protocols: readonly string[],
  events: WebSocketEvents,
): WebSocketEnd | undefined {
  const offered = String(request.headers['sec-websocket-protocol'] ?? '').split(/\s*,\s*/);
  const protocol = protocols.find((one) => offered.includes(one));
  const key = request.headers['sec-websocket-key'];
  if (protocol === undefined || key === undefined) {
    socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    return undefined;
  }
  const accept = createHash('sha1').update(`${key}${acceptSuffix}`).digest('base64');
  const lines = ['upgrade: websocket', 'connection: Upgrade', `sec-websocket-accept: ${accept}`];
  socket.write(
    ['HTTP/1.1 101 Switching Protocols', ...lines, `sec-websocket-protocol: ${protocol}`, '', ''].join('\r\n'),
  );
  const end: WebSocketEnd = {
    send: (message) => void socket.write(frame(opcodes.binary, message)),
    close: () => void socket.end(frame(opcodes.close, Buffer.from([3, 232]))),
  };
  const reader = new FrameReader((opcode, message) => {
    if (opcode === opcodes.ping) socket.write(frame(opcodes.pong, message));
    else if (opcode === opcodes.close) end.close();
    else if (opcode !== opcodes.pong) events.message(message);
  });
  socket.on('data', (bytes: Buffer) => {
    if (!reader.read(bytes)) socket.destroy();
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', events.closed);
  return end;
}

function frame(opcode: number, message: Buffer): Buffer {
  const { length } = message;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = 0x80 | opcode;
  head[1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, message]);
}

/** Puts messages together from what arrives. */
class FrameReader {
  readonly #onMessage: (opcode: number, message: Buffer) => void;
  #rest: Buffer = Buffer.alloc(0);
  #parts: Buffer[] = [];
  #opcode = 0;

  constructor(onMessage: (opcode: number, message: Buffer) => void) {
    this.#onMessage = onMessage;
  }

  /** False: this is no WebSocket. */
  read(bytes: Buffer): boolean {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    for (;;) {
      const head = headOf(this.#rest);
      if (head === 'more') return true;
      if (head === 'wrong') return false;
      const { start, length, mask, final, opcode } = head;
      if (this.#rest.length < start + length) return true;
      const content = Buffer.from(this.#rest.subarray(start, start + length));
      for (let at = 0; at < content.length; at++) content[at] = (content[at] ?? 0) ^ (mask[at & 3] ?? 0);
      this.#rest = this.#rest.subarray(start + length);
      if (!this.#take(opcode, content, final)) return false;
    }
  }

  #take(opcode: number, content: Buffer, final: boolean): boolean {
    if (opcode >= opcodes.close) {
      this.#onMessage(opcode, content);
      return true;
    }
    if (opcode !== opcodes.more) this.#opcode = opcode;
    this.#parts.push(content);
    if (this.#parts.reduce((sum, part) => sum + part.length, 0) > longestMessage) return false;
    if (final) this.#onMessage(this.#opcode, Buffer.concat(this.#parts.splice(0)));
    return true;
  }
}

/** Clients mask what they send, always. */
function headOf(bytes: Buffer) {
  if (bytes.length < 2) return 'more';
  const [first = 0, second = 0] = bytes;
  if ((second & 0x80) === 0 || (first & 0x70) !== 0) return 'wrong';
  const short = second & 0x7f;
  const wide = short === 126 ? 2 : short === 127 ? 8 : 0;
  const start = 2 + wide + 4;
  if (bytes.length < start) return 'more';
  const length = wide === 0 ? short : wide === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (length > longestMessage) return 'wrong';
  return { start, length, mask: bytes.subarray(start - 4, start), final: (first & 0x80) !== 0, opcode: first & 0x0f };
}
