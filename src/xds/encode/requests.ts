import { OutriggerError } from '../../errors.ts';
import type { Message } from '../resource.ts';
import { decodeMessage } from './decode.ts';

/** What a proxy says of itself, in the first request of a stream. */
export interface RequestNode {
  readonly id: string;
  readonly cluster: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** `envoy`, `gRPC Node Pure JS`. */
  readonly userAgent: string;
  /** `1.40.0`; '' when the client is not Envoy. */
  readonly envoyVersion: string;
}

interface AnyRequest {
  readonly node: RequestNode | undefined;
  readonly typeUrl: string;
  /** '' in what is no answer to a response. */
  readonly nonce: string;
  /** Why the response with that nonce was rejected; undefined: it was not. */
  readonly error: string | undefined;
}

export interface DeltaRequest extends AnyRequest {
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  readonly initialVersions: ReadonlyMap<string, string>;
}

export interface SotwRequest extends AnyRequest {
  readonly version: string;
  readonly names: readonly string[];
}

export function decodeDeltaRequest(bytes: Uint8Array): DeltaRequest {
  const fields = decode('envoy.service.discovery.v3.DeltaDiscoveryRequest', bytes);
  return {
    ...common(fields),
    subscribe: texts(fields['resource_names_subscribe']),
    unsubscribe: texts(fields['resource_names_unsubscribe']),
    initialVersions: new Map(Object.entries(record(fields['initial_resource_versions'])).map(([k, v]) => [k, text(v)])),
  };
}

export function decodeSotwRequest(bytes: Uint8Array): SotwRequest {
  const fields = decode('envoy.service.discovery.v3.DiscoveryRequest', bytes);
  return { ...common(fields), version: text(fields['version_info']), names: texts(fields['resource_names']) };
}

function decode(type: string, bytes: Uint8Array): Message {
  try {
    return decodeMessage(type, bytes);
  } catch (error) {
    throw new OutriggerError('OR2003', 'a message on a configuration stream is no discovery request', { cause: error });
  }
}

function common(fields: Message): AnyRequest {
  const detail = fields['error_detail'];
  return {
    node: fields['node'] === undefined ? undefined : readNode(record(fields['node'])),
    typeUrl: text(fields['type_url']),
    nonce: text(fields['response_nonce']),
    error: detail === undefined ? undefined : text(record(detail)['message']),
  };
}

export function readNode(node: Readonly<Record<string, unknown>>): RequestNode {
  const build = record(record(node['user_agent_build_version'])['version']);
  const parts = [build['major_number'], build['minor_number'], build['patch']];
  const isEnvoy = node['user_agent_name'] === 'envoy' && parts.some((part) => part !== undefined);
  return {
    id: text(node['id']),
    cluster: text(node['cluster']),
    metadata: record(node['metadata']),
    userAgent: text(node['user_agent_name']),
    envoyVersion: isEnvoy ? parts.map((part) => part ?? 0).join('.') : '',
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value : [];
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
