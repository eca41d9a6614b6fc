import { chmodSync } from 'node:fs';
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import protobuf from 'protobufjs/minimal.js';
import { systemClock } from '../../src/identity/serving-certificates.ts';
import { makeMeshRoot } from '../../src/identity/workload/make-mesh-root.ts';
import { WorkloadCa } from '../../src/identity/workload/workload-ca.ts';
import { encodeResource } from '../../src/xds/encode/encode-resource.ts';
import { certificateSecret, identitySecretName, rootSecretName, trustSecret } from '../../src/xds/secrets/secrets.ts';

/**
 * In the place of SPIRE's agent, whose Go module is not to be had here: its protocol (SDS, state of the world, one secret a
 * stream) and its names on a Unix socket, with a root of its own. Unlike SPIRE it believes the node id.
 */
export interface SdsSocket {
  readonly rootsPem: string;
  /** Roots of others, too, from the next renewal on. */
  trust(pem: string): void;
  /** New certificates for everybody. */
  renew(): Promise<void>;
  /** Names that were asked for, each once. */
  readonly asked: ReadonlySet<string>;
  stop(): void;
}

const typeUrl = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret';
const method = '/envoy.service.secret.v3.SecretDiscoveryService/StreamSecrets';

export async function startSdsSocket(path: string): Promise<SdsSocket> {
  const root = await makeMeshRoot(new Date());
  const authority = new WorkloadCa({
    store: { load: async () => root, save: async () => {} },
    place: 'the test',
    clock: systemClock,
  });
  await authority.load();
  let others = '';
  const asked = new Set<string>();
  const streams = new Set<Stream>();
  const serve = (call: ServerDuplexStream<Buffer, Buffer>): void => {
    const stream: Stream = { call, node: '', name: '', sent: 0 };
    streams.add(stream);
    call.on('data', (bytes: Buffer) => {
      const { node, names, nonce } = readRequest(bytes);
      if (node !== '') stream.node = node;
      stream.name = names[0] ?? stream.name;
      asked.add(stream.name);
      if (nonce === '') void send(stream, authority, others);
    });
    call.on('end', () => call.end());
    for (const event of ['close', 'error', 'cancelled']) call.on(event, () => streams.delete(stream));
  };
  const server = new Server();
  const plain = { requestSerialize: raw, requestDeserialize: raw, responseSerialize: raw, responseDeserialize: raw };
  const definition = { StreamSecrets: { path: method, requestStream: true, responseStream: true, ...plain } };
  server.addService(definition, { StreamSecrets: serve });
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    ),
  );
  chmodSync(path, 0o777);
  return {
    rootsPem: authority.rootsPem,
    trust: (pem) => {
      others = pem;
    },
    renew: async () => {
      await Promise.all([...streams].map((stream) => send(stream, authority, others)));
    },
    asked,
    stop: () => server.forceShutdown(),
  };
}

interface Stream {
  readonly call: ServerDuplexStream<Buffer, Buffer>;
  node: string;
  name: string;
  sent: number;
}

const raw = (bytes: Buffer): Buffer => bytes;

/** Version 1, the entries, type 4, nonce 5. */
async function send(stream: Stream, authority: WorkloadCa, others: string): Promise<void> {
  const { call, node, name } = stream;
  const roots = encodeResource(trustSecret(rootSecretName, `${authority.rootsPem}${others}`)).sotwFrame;
  const frame = name === rootSecretName ? roots : await certificateOf(name, node, authority);
  if (frame === undefined) return;
  const number = String(++stream.sent);
  const head = protobuf.Writer.create().uint32(10).string(number).finish();
  const tail = protobuf.Writer.create().uint32(34).string(typeUrl).uint32(42).string(number).finish();
  call.write(Buffer.concat([head, frame, tail]));
}

async function certificateOf(name: string, node: string, authority: WorkloadCa): Promise<Buffer | undefined> {
  if (name !== identitySecretName) return undefined;
  const [pod = '', namespace = ''] = (node.split('~')[2] ?? '').split('.');
  const account = pod.replace(/-v\d.*$/, '');
  const issued = await authority.issue(`spiffe://cluster.local/ns/${namespace}/sa/${account}`);
  const texts = { chainPem: issued.certificateChainPem, keyPem: issued.privateKeyPem };
  return encodeResource(certificateSecret(name, texts)).sotwFrame;
}

/** Of a DiscoveryRequest: node.id (2.1), resource_names (3), response_nonce (5). */
function readRequest(bytes: Buffer): { node: string; names: string[]; nonce: string } {
  const reader = protobuf.Reader.create(bytes);
  const names: string[] = [];
  let [node, nonce] = ['', ''];
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === 18) node = readId(reader);
    else if (tag === 26) names.push(reader.string());
    else if (tag === 42) nonce = reader.string();
    else reader.skipType(tag & 7);
  }
  return { node, names, nonce };
}

function readId(reader: protobuf.Reader): string {
  const end = reader.uint32() + reader.pos;
  let id = '';
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === 10) id = reader.string();
    else reader.skipType(tag & 7);
  }
  return id;
}
