import { Client, credentials, Metadata, type StatusObject } from '@grpc/grpc-js';
import protobuf from 'protobufjs/minimal.js';
import { contentWriter } from '../../src/xds/encode/converter.ts';
import { decodeMessage } from '../../src/xds/encode/decode.ts';
import { type Message, typeUrls } from '../../src/xds/resource.ts';

export interface RawOptions {
  readonly address: string;
  /** What the server is trusted by, and the name in its certificate. */
  readonly rootPem: string;
  readonly serverName: string;
  /** The whole header `authorization`. */
  readonly authorization: string | undefined;
  readonly node: Message;
}

export interface RawStream {
  /** Responses so far. */
  readonly received: readonly Message[];
  readonly ended: Promise<StatusObject>;
  close(): void;
}

const same = (bytes: Buffer): Buffer => bytes;

/** A client that is no Envoy, says what it likes and asks for all clusters. */
export function askAsRawClient({ address, rootPem, serverName, authorization, node }: RawOptions): RawStream {
  const secrets = credentials.createSsl(Buffer.from(rootPem));
  const client = new Client(address, secrets, { 'grpc.ssl_target_name_override': serverName });
  const metadata = new Metadata();
  if (authorization !== undefined) metadata.set('authorization', authorization);
  const path = '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources';
  const call = client.makeBidiStreamRequest(path, same, same, metadata);
  const received: Message[] = [];
  call.on('data', (bytes: Buffer) => {
    received.push(decodeMessage('envoy.service.discovery.v3.DeltaDiscoveryResponse', bytes));
  });
  call.on('error', () => undefined);
  const ended = new Promise<StatusObject>((resolve) => call.on('status', resolve));
  const writer = protobuf.Writer.create();
  contentWriter('envoy.service.discovery.v3.DeltaDiscoveryRequest')(writer, { node, type_url: typeUrls.cluster });
  call.write(Buffer.from(writer.finish()));
  return {
    received,
    ended: ended.finally(() => client.close()),
    close: () => call.cancel(),
  };
}
