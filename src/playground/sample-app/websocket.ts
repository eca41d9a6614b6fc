import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** Answers the upgrade and sends each frame back: https://www.rfc-editor.org/rfc/rfc6455. Short frames alone. */
export function echoWebSocket(request: IncomingMessage, socket: Duplex): void {
  const key = String(request.headers['sec-websocket-key'] ?? '');
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  let pending = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    for (let size = frameSize(pending); size !== undefined; size = frameSize(pending)) {
      const frame = pending.subarray(0, size);
      pending = pending.subarray(size);
      socket.write(unmasked(frame));
      if (((frame[0] ?? 0) & 15) === 8) return void socket.end();
    }
  });
}

/** Of the first frame when it is whole: two bytes, four of the mask, at most 125 of text. */
function frameSize(bytes: Buffer): number | undefined {
  const size = 6 + ((bytes[1] ?? 0) & 127);
  return bytes.length >= 6 && bytes.length >= size ? size : undefined;
}

function unmasked(frame: Buffer): Buffer {
  const mask = frame.subarray(2, 6);
  const text = frame.subarray(6).map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([Buffer.from([frame[0] ?? 0, text.length]), text]);
}
