import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Settings } from './settings.ts';

/**
 * gRPC without a library, which is most of such an app's memory: each message of any method is sent back, and the
 * stream ends with `grpc-status` 0 or the one that the metadata `want-status` names. `Health/Check` says SERVING.
 */
export function echoGrpc({ pod, version }: Settings, stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
  const status = String(headers['want-status'] ?? '0');
  const healthy = headers[':path'] === '/grpc.health.v1.Health/Check';
  stream.on('error', () => undefined);
  stream.respond(
    { ':status': 200, 'content-type': 'application/grpc', 'x-app-pod': pod, 'x-app-version': version },
    { waitForTrailers: true },
  );
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status }));
  if (!healthy) {
    stream.pipe(stream);
    return;
  }
  stream.resume();
  stream.on('end', () => stream.end(Buffer.from([0, 0, 0, 0, 2, 8, 1])));
}
