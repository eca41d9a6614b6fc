import { readFileSync } from 'node:fs';
import { connect, type TLSSocket } from 'node:tls';
import { reviewOf } from './reviews.ts';

/**
 * The other core: keep-alive TLS connections that send reviews one after another. Arguments: port, CA file,
 * connections, requests, workloads, path. Prints one line of JSON with requests per second and latencies.
 */
const [port = '', caFile = '', connections = '', total = '', workloads = '', path = '/inject'] = process.argv.slice(2);
const text = readFileSync(new URL('fixtures/productpage-review.json', import.meta.url), 'utf8');
const bodies = Array.from({ length: Number(workloads) }, (_, index) => reviewOf(text, index));
const tokenName = /kube-api-access-[a-z0-9]{5}/g;
const latencies: number[] = [];
let sent = 0;

function nextRequest(): Buffer {
  const suffix = Math.random().toString(36).slice(2, 7).padEnd(5, 'x');
  const body = (bodies[sent++ % bodies.length] ?? '').replace(tokenName, `kube-api-access-${suffix}`);
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function runConnection(socket: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    let expected = -1;
    let received = 0;
    let started = 0;
    let head = '';
    const send = (): void => {
      if (sent >= Number(total)) {
        socket.end();
        resolve();
        return;
      }
      expected = -1;
      received = 0;
      head = '';
      const request = nextRequest();
      started = performance.now();
      socket.write(request);
    };
    socket.on('error', reject);
    const readHead = (chunk: Buffer): void => {
      head += chunk.toString('latin1');
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      const good = head.startsWith('HTTP/1.1 200') && (path !== '/inject' || head.includes('"allowed":true'));
      if (!good) reject(new Error(head.slice(0, 500)));
      expected = end + 4 + Number(/content-length: (\d+)/i.exec(head)?.[1]);
    };
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (expected < 0) readHead(chunk);
      if (expected < 0 || received < expected) return;
      latencies.push(performance.now() - started);
      send();
    });
    send();
  });
}

const ca = readFileSync(caFile);
const sockets = await Promise.all(
  Array.from(
    { length: Number(connections) },
    () =>
      new Promise<TLSSocket>((resolve, reject) => {
        const socket = connect({ port: Number(port), host: 'localhost', ca, noDelay: true } as never, () =>
          resolve(socket),
        );
        socket.on('error', reject);
      }),
  ),
);
const began = performance.now();
await Promise.all(sockets.map(runConnection));
const seconds = (performance.now() - began) / 1000;
latencies.sort((a, b) => a - b);
const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
console.log(JSON.stringify({ perSecond: latencies.length / seconds, p50: at(0.5), p99: at(0.99), max: at(1) }));
