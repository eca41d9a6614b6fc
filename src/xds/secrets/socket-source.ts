import type { Message } from '../resource.ts';
import { identitySecretName, rootSecretName } from './secrets.ts';

/**
 * By a stream of its own to a cluster of the bootstrap. Waited for without an end, as for secrets of the control plane: without
 * them nothing is served, and nothing goes in plaintext instead.
 */
const behindSocket: Message = {
  api_config_source: {
    api_type: 'GRPC',
    transport_api_version: 'V3',
    set_node_on_first_message_only: true,
    grpc_services: [{ envoy_grpc: { cluster_name: 'sds-socket' } }],
  },
  resource_api_version: 'V3',
  initial_fetch_timeout: '0s',
};

/** How the socket names the certificate of the workload, and the roots. */
export interface SocketNames {
  readonly certificate: string;
  readonly roots: string;
}

/** A message whose own secrets come from the socket; the same object where it names none. */
export function socketSecrets(message: Message, { certificate, roots }: SocketNames): Message {
  const names = { [identitySecretName]: certificate, [rootSecretName]: roots };
  return moved(message, names) as Message;
}

type Names = Readonly<Record<string, string>>;

function moved(value: unknown, names: Names): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => moved(item, names));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  const object = value as Message;
  if (isOwnSecret(object)) return { ...object, name: names[String(object['name'])], sds_config: behindSocket };
  const entries = Object.entries(object).map(([key, item]) => [key, moved(item, names)] as const);
  return entries.some(([key, item]) => item !== object[key]) ? Object.fromEntries(entries) : object;
}

function isOwnSecret({ name, sds_config: source }: Message): boolean {
  const isOwn = name === identitySecretName || name === rootSecretName;
  return isOwn && typeof source === 'object' && source !== null && 'ads' in source;
}
