import { Client, credentials, Metadata, type StatusObject } from '@grpc/grpc-js';
import protobuf from 'protobufjs/minimal.js';
import { contentWriter } from '../../src/xds/encode/converter.ts';
import { decodeMessage } from '../../src/xds/encode/decode.ts';
import { type Message, typeUrls, type XdsType } from '../../src/xds/resource.ts';

export interface AdsClientOptions {
  readonly port: number;
  /** What the server is trusted by. */
  readonly rootPem: string;
  readonly token: string;
  /** `<pod>.<namespace>`. */
  readonly pod: string;
}

/** A delta client that is no Envoy: keeps what it is sent, and acknowledges all of it. */
export interface AdsClient {
  /** By name. */
  resources(type: XdsType): ReadonlyMap<string, Message>;
  /** Whatever was ever taken from it, by type and name. */
  readonly removed: ReadonlySet<string>;
  /** Without names: all. */
  subscribe(type: XdsType, ...names: string[]): void;
  /** The end of the stream; its details carry the code. */
  readonly ended: Promise<StatusObject>;
  readonly status: StatusObject | undefined;
  close(): void;
}

const same = (bytes: Buffer): Buffer => bytes;
const method = '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources';
const writeRequest = contentWriter('envoy.service.discovery.v3.DeltaDiscoveryRequest');

export function connectAds({ port, rootPem, token, pod }: AdsClientOptions): AdsClient {
  const client = new Client(`127.0.0.1:${port}`, credentials.createSsl(Buffer.from(rootPem)), {
    'grpc.ssl_target_name_override': 'outrigger.outrigger-system.svc',
  });
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  const call = client.makeBidiStreamRequest(method, same, same, metadata);
  const held = new Map<string, Map<string, Message>>();
  const removed = new Set<string>();
  let status: StatusObject | undefined;
  let node: Message | undefined = { id: `sidecar~10.0.0.1~${pod}~svc.cluster.local` };
  const send = (request: Message) => {
    const writer = protobuf.Writer.create();
    writeRequest(writer, { ...(node === undefined ? {} : { node }), ...request });
    node = undefined;
    call.write(Buffer.from(writer.finish()));
  };
  call.on('data', (bytes: Buffer) => {
    const response = decodeMessage('envoy.service.discovery.v3.DeltaDiscoveryResponse', bytes) as unknown as Response;
    const ofType = held.get(response.type_url) ?? new Map<string, Message>();
    held.set(response.type_url, ofType);
    for (const { name, resource } of response.resources ?? []) ofType.set(name, resource);
    for (const name of response.removed_resources ?? [])
      if (ofType.delete(name)) removed.add(`${response.type_url.split('.').at(-1)} ${name}`);
    send({ type_url: response.type_url, response_nonce: response.nonce });
  });
  call.on('error', () => undefined);
  const ended = new Promise<StatusObject>((resolve) => call.on('status', resolve)).then((end) => {
    status = end;
    client.close();
    return end;
  });
  return {
    ended,
    get status() {
      return status;
    },
    removed,
    resources: (type) => held.get(typeUrls[type]) ?? new Map(),
    subscribe: (type, ...names) => send({ type_url: typeUrls[type], resource_names_subscribe: names }),
    close: () => call.cancel(),
  };
}

interface Response {
  readonly type_url: string;
  readonly nonce: string;
  readonly resources?: readonly { readonly name: string; readonly resource: Message }[];
  readonly removed_resources?: readonly string[];
}
