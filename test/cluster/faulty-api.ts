import { readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { request as ask, createServer } from 'node:https';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { selfSigned } from '../envoy/test-certificates.ts';
import type { Cluster } from './harness.ts';

/**
 * pass: as it is. slow: every answer begins two seconds late, events of open watches too. expired: watches that are open end
 * with the ERROR of a history that was compacted, and so does each that asks for a version. cut: open watches break off
 * within a line. overloaded: 429 to everything, and open watches end. broken: 500, likewise.
 */
export type ApiFault = 'pass' | 'slow' | 'expired' | 'cut' | 'overloaded' | 'broken';

/** The API server as somebody sees it who is cut off from it, or whom it treats badly. */
export interface FaultyApi {
  /** A kubeconfig by which it is reached. */
  kubeconfig(of: string): string;
  set(fault: ApiFault): void;
  stop(): Promise<void>;
}

const slowMs = 2_000;
const gone = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Expired', code: 410, message: 'too old' };

/** In front of the API server of the tests. */
export async function startFaultyApi(cluster: Pick<Cluster, 'server' | 'caFile' | 'folder'>): Promise<FaultyApi> {
  const own = selfSigned('localhost');
  const caFile = join(cluster.folder, 'faulty-api.crt');
  writeFileSync(caFile, own.certificate);
  const ca = cluster.caFile === undefined ? undefined : readFileSync(cluster.caFile);
  const watches = new Set<ServerResponse>();
  let fault: ApiFault = 'pass';
  const server = createServer({ cert: own.certificate, key: own.key }, (question, answer) => {
    const url = new URL(question.url ?? '', cluster.server);
    const isWatch = url.searchParams.get('watch') === 'true' || url.searchParams.get('watch') === '1';
    if (fault === 'overloaded') return refuse(answer, 429, { 'retry-after': '1' });
    if (fault === 'broken') return refuse(answer, 500);
    if (fault === 'expired' && isWatch) return expire(answer);
    if (isWatch) {
      watches.add(answer);
      answer.once('close', () => watches.delete(answer));
    }
    const { method, headers } = question;
    const onward = ask(url, { method, headers: { ...headers, host: url.host }, ...(ca === undefined ? {} : { ca }) });
    onward.once('response', (reply: IncomingMessage) => void pass(reply, answer, () => fault));
    onward.once('error', () => answer.destroy());
    answer.once('close', () => onward.destroy());
    question.pipe(onward);
  });
  server.on('clientError', (_, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    kubeconfig: (of) => {
      const config = JSON.parse(readFileSync(of, 'utf8')) as { clusters: { cluster: object }[] };
      const clusters = [
        { name: 'test', cluster: { server: `https://localhost:${port}`, 'certificate-authority': caFile } },
      ];
      writeFileSync(`${of}-faulty`, JSON.stringify({ ...config, clusters }), { mode: 0o600 });
      return `${of}-faulty`;
    },
    set: (next) => {
      fault = next;
      for (const watch of watches) {
        if (next === 'expired') expire(watch);
        if (next === 'overloaded' || next === 'broken') watch.destroy();
        if (next !== 'cut') continue;
        watch.write('{"type":"MODIFIED","object":{"kind"');
        setImmediate(() => watch.destroy());
      }
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function pass(reply: IncomingMessage, answer: ServerResponse, fault: () => ApiFault): Promise<void> {
  const late = async (): Promise<void> => {
    if (fault() === 'slow') await delay(slowMs);
  };
  try {
    await late();
    answer.writeHead(reply.statusCode ?? 502, reply.headers);
    answer.flushHeaders();
    for await (const chunk of reply) {
      await late();
      answer.write(chunk);
    }
    answer.end();
  } catch {
    answer.destroy();
  }
}

function refuse(answer: ServerResponse, status: number, headers: Readonly<Record<string, string>> = {}): void {
  const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: status, message: 'not now' };
  answer.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

function expire(watch: ServerResponse): void {
  if (!watch.headersSent) watch.writeHead(200, { 'content-type': 'application/json' });
  watch.end(`${JSON.stringify({ type: 'ERROR', object: gone })}\n`);
}
