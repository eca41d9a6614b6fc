import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { acceptWebSocket } from './web-socket.ts';

/** Of the kubelet; the newer one is a tunnel for SPDY. */
const protocols = ['v4.channel.k8s.io'];

/**
 * Serves an upgrade request to `…/portforward?ports=N` (API server) or `/portForward/NS/POD?port=N` (kubelet), as a kubelet
 * does for WebSockets: a message is a channel's number and bytes; channel 2i carries the i-th port, 2i+1 its error; the
 * first message of each to the client is the port, two bytes, little endian.
 */
export function servePortForward(
  request: IncomingMessage,
  socket: Duplex,
  dial: (port: number) => Promise<Duplex>,
): void {
  const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const ports = [...searchParams.getAll('ports'), ...searchParams.getAll('port')].map(Number);
  const lanes = ports.map(() => ({ waiting: [] as Buffer[], way: undefined as Duplex | undefined }));
  const web = acceptWebSocket(request, socket, protocols, {
    message: (message) => {
      const lane = lanes[(message[0] ?? 0) / 2];
      const bytes = message.subarray(1);
      if (lane?.way !== undefined) lane.way.write(bytes);
      else lane?.waiting.push(bytes);
    },
    closed: () => {
      for (const { way } of lanes) way?.destroy();
    },
  });
  if (web === undefined) return;
  const send = (channel: number, bytes: Buffer): void => web.send(Buffer.concat([Buffer.from([channel]), bytes]));
  ports.forEach((port, index) => {
    const announced = Buffer.from([port & 255, port >> 8]);
    send(2 * index, announced);
    send(2 * index + 1, announced);
    const fail = (error: unknown): void => {
      send(2 * index + 1, Buffer.from(error instanceof Error ? error.message : String(error)));
      web.close();
    };
    dial(port).then((way) => {
      const lane = lanes[index];
      if (lane === undefined || socket.destroyed) return void way.destroy();
      lane.way = way;
      for (const bytes of lane.waiting.splice(0)) way.write(bytes);
      way.on('data', (bytes: Buffer) => send(2 * index, bytes));
      way.once('error', fail);
      way.once('end', () => web.close());
    }, fail);
  });
}
