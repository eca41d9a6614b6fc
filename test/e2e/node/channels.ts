import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

/** The first byte of each message of `v4.channel.k8s.io` and `v5.channel.k8s.io`. */
export const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

export function send(socket: WebSocket, channel: number, bytes: Buffer): void {
  if (socket.readyState === socket.OPEN) socket.send(Buffer.concat([Buffer.from([channel]), bytes]));
}

/** How a command ended, as kubectl reads it. */
export function exitStatus(code: number): Buffer {
  if (code === 0) return Buffer.from(JSON.stringify({ metadata: {}, status: 'Success' }));
  const causes = [{ reason: 'ExitCode', message: String(code) }];
  const message = `command terminated with non-zero exit code: exit status ${code}`;
  return Buffer.from(
    JSON.stringify({ metadata: {}, status: 'Failure', message, reason: 'NonZeroExitCode', details: { causes } }),
  );
}

/**
 * Port forwarding: for the n-th port channel 2n carries data and 2n+1 errors; the first message of each is the port, two
 * bytes, the lowest first.
 */
export function joinPort(socket: WebSocket, port: number, stream: Duplex): void {
  const number = Buffer.from([port & 255, port >> 8]);
  send(socket, 0, number);
  send(socket, 1, number);
  stream.on('data', (bytes: Buffer) => send(socket, 0, bytes));
  stream.on('error', (error) => send(socket, 1, Buffer.from(error.message)));
  stream.on('close', () => socket.close());
  socket.on('message', (data: Buffer) => {
    if (data[0] === 0 && data.length > 1) stream.write(data.subarray(1));
  });
  socket.on('close', () => stream.destroy());
}
