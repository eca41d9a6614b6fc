import { createSecureServer, type Http2SecureServer, type Http2Stream } from 'node:http2';
import type { TestCertificate } from './test-certificates.ts';

/** A stream that a proxy opened, by what it showed. */
export interface SeenStream {
  readonly authorization: string;
  /** `node.id` of the first request. */
  readonly nodeId: string;
}

export interface EmptyControlPlane {
  readonly port: number;
  readonly streams: readonly SeenStream[];
  readonly closeStreams: () => void;
  readonly stop: () => void;
}

/**
 * Enough of a control plane to make a proxy ready: delta ADS over TLS, where every type that is asked for has no
 * resources. Not a model of ours: it proves what the bootstrap does (token, certificate, node), nothing more.
 */
export function startEmptyControlPlane(
  identity: TestCertificate,
  listen: { readonly host: string; readonly port?: number },
): Promise<EmptyControlPlane> {
  const streams: SeenStream[] = [];
  const open = new Set<Http2Stream>();
  const server: Http2SecureServer = createSecureServer({ cert: identity.certificate, key: identity.key });
  const sessions = new Set<{ destroy: () => void }>();
  server.on('session', (session) => sessions.add(session));
  server.on('sessionError', () => undefined);
  server.on('stream', (stream, headers) => {
    open.add(stream);
    stream.on('close', () => open.delete(stream));
    stream.on('error', () => undefined);
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    answerRequests(stream, (nodeId) => streams.push({ authorization: String(headers['authorization']), nodeId }));
  });
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(listen.port ?? 0, listen.host, () => {
      const address = server.address();
      resolve({
        port: typeof address === 'object' && address !== null ? address.port : 0,
        streams,
        closeStreams: () => {
          for (const stream of open) stream.close();
        },
        stop: () => {
          server.close();
          for (const session of sessions) session.destroy();
        },
      });
    });
  });
}

/** DeltaDiscoveryRequest: node 1 (id 1), type_url 2, response_nonce 6. DeltaDiscoveryResponse: type_url 4, nonce 5. */
function answerRequests(stream: Http2Stream, seen: (nodeId: string) => void): void {
  let pending = Buffer.alloc(0);
  let first = true;
  const answered = new Set<string>();
  stream.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 5 && pending.length >= 5 + pending.readUInt32BE(1)) {
      const size = pending.readUInt32BE(1);
      const fields = readFields(pending.subarray(5, 5 + size));
      pending = pending.subarray(5 + size);
      if (first)
        seen(
          readFields(fields.get(1) ?? Buffer.alloc(0))
            .get(1)
            ?.toString() ?? '',
        );
      first = false;
      const type = fields.get(2)?.toString() ?? '';
      if (answered.has(type)) continue;
      answered.add(type);
      const message = Buffer.concat([field(4, type), field(5, `nonce ${type}`)]);
      const frame = Buffer.alloc(5);
      frame.writeUInt32BE(message.length, 1);
      stream.write(Buffer.concat([frame, message]));
    }
  });
}

function field(number: number, text: string): Buffer {
  const data = Buffer.from(text);
  return Buffer.concat([Buffer.from([number * 8 + 2, data.length]), data]);
}

/** The length-delimited fields of a message, the last of each number. */
function readFields(message: Buffer): Map<number, Buffer> {
  const fields = new Map<number, Buffer>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; at < message.length; shift += 7) {
      const byte = message[at++] ?? 0;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
    }
    return value;
  };
  while (at < message.length) {
    const tag = varint();
    if (tag % 8 === 2) {
      const size = varint();
      fields.set(tag >> 3, message.subarray(at, at + size));
      at += size;
    } else if (tag % 8 === 0) varint();
    else at += tag % 8 === 1 ? 8 : 4;
  }
  return fields;
}
