import { readFileSync } from 'node:fs';
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { systemClock } from '../../src/identity/serving-certificates.ts';
import type { MeshRoot } from '../../src/identity/workload/mesh-root.ts';
import { WorkloadCa } from '../../src/identity/workload/workload-ca.ts';
import { answerQuestions, now } from './worker.ts';

/** The reference: a gRPC server over TLS that writes as many bytes to as many streams, and knows nothing. */
const serverName = 'outrigger.outrigger-system.svc';
const same = (bytes: Buffer): Buffer => bytes;
const streams = new Set<ServerDuplexStream<Buffer, Buffer>>();
let greeting = Buffer.alloc(0);

async function start(firstBytes: number): Promise<{ port: number; rootPem: string; serverName: string }> {
  greeting = Buffer.alloc(firstBytes, 1);
  let root: MeshRoot | undefined;
  const authority = new WorkloadCa({
    store: {
      load: async () => root,
      save: async (made) => {
        root = made;
      },
    },
    place: 'memory',
    clock: systemClock,
  });
  await authority.load();
  const { keyPem, chainPem } = await authority.issueServing([serverName]);
  const server = new Server();
  server.addService(
    {
      Stream: {
        path: '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
        requestStream: true,
        responseStream: true,
        requestSerialize: same,
        requestDeserialize: same,
        responseSerialize: same,
        responseDeserialize: same,
      },
    },
    { Stream: accept },
  );
  const pair = { private_key: Buffer.from(keyPem), cert_chain: Buffer.from(chainPem) };
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createSsl(null, [pair]), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { port, rootPem: authority.rootsPem, serverName };
}

function accept(call: ServerDuplexStream<Buffer, Buffer>): void {
  streams.add(call);
  call.once('data', () => call.write(greeting));
  call.on('data', () => {});
  call.on('cancelled', () => streams.delete(call));
}

function write(bytes: number): number {
  const message = Buffer.alloc(bytes, 1);
  const at = now();
  for (const stream of streams) stream.write(message);
  return at;
}

function usage(): { collectedRssMb: number; peakRssMb: number } {
  (globalThis as { gc?: () => void }).gc?.();
  const status = readFileSync('/proc/self/status', 'utf8');
  const inMb = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
  return { collectedRssMb: inMb('VmRSS'), peakRssMb: inMb('VmHWM') };
}

answerQuestions({ start, write, usage });
