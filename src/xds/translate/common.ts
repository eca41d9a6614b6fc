import type { Message } from '../resource.ts';

/** Words that many messages are made of. */
const types = 'type.googleapis.com/envoy';

/** A message as Any. */
export function any(type: string, fields: Message = {}): Message {
  return { '@type': `${types}.${type}`, ...fields };
}

/** An extension: a filter, a logger, a transport socket. */
export function extension(name: string, type: string, fields: Message = {}): Message {
  return { name, typed_config: any(type, fields) };
}

/** Milliseconds as protobuf prints durations. */
export function duration(ms: number): string {
  // Never in the form 1e-9.
  return `${(ms / 1000).toFixed(9).replace(/[.]?0+$/, '')}s`;
}

/** From the control plane, on the one stream. Nothing is given up after a time: what is asked for is always answered. */
export const fromAds: Message = { ads: {}, resource_api_version: 'V3', initial_fetch_timeout: '0s' };

export function socketAddress(address: string, port: number): Message {
  return { socket_address: { address, port_value: port } };
}

/** A share in per cent, as finely as Envoy takes it. */
export function fraction(percent: number): Message {
  return { numerator: Math.round(percent * 10_000), denominator: 'MILLION' };
}

export function cidr(block: string): Message {
  const [address = '', length] = block.split('/');
  return {
    address_prefix: address,
    prefix_len: length === undefined ? (address.includes(':') ? 128 : 32) : Number(length),
  };
}

/** Without the fields that are undefined. */
export function given(fields: Record<string, unknown>): Message {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
