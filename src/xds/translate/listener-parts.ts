import type { ProxyShape } from '../../ir/types/proxy.ts';
import type { Message } from '../resource.ts';
import { extension, socketAddress } from './common.ts';

export const originalDestination: Message = extension(
  'envoy.filters.listener.original_dst',
  'extensions.filters.listener.original_dst.v3.OriginalDst',
);

const inspectors = {
  tls: extension('envoy.filters.listener.tls_inspector', 'extensions.filters.listener.tls_inspector.v3.TlsInspector'),
  http: extension(
    'envoy.filters.listener.http_inspector',
    'extensions.filters.listener.http_inspector.v3.HttpInspector',
  ),
};

/** Looks at the first bytes, but for ports where there is nothing to find out. */
export function inspector(kind: 'tls' | 'http', except: readonly number[]): Message {
  const rules = [...new Set(except)].sort((a, b) => a - b).map(portRule);
  const [first, second] = rules;
  if (first === undefined) return inspectors[kind];
  return { ...inspectors[kind], filter_disabled: second === undefined ? first : { or_match: { rules } } };
}

/** Looks at the first bytes on these ports alone. */
export function inspectorOn(kind: 'tls' | 'http', ports: readonly number[]): Message {
  const rules = [...new Set(ports)].sort((a, b) => a - b).map(portRule);
  const [first, second] = rules;
  if (first === undefined) return { ...inspectors[kind], filter_disabled: { any_match: true } };
  const on = second === undefined ? first : { or_match: { rules } };
  return { ...inspectors[kind], filter_disabled: { not_match: on } };
}

const portRule = (port: number): Message => ({ destination_port_range: { start: port, end: port + 1 } });

/** Every address of the pod's families. */
export function wildcardAddress(port: number, families: ProxyShape['families']): Message {
  const six = socketAddress('::', port);
  if (!families.includes(4)) return { address: six };
  const four = socketAddress('0.0.0.0', port);
  return families.includes(6) ? { address: four, additional_addresses: [{ address: six }] } : { address: four };
}

/** Envoy refuses addresses of a family that its machine does not have. */
export function ofFamilies(addresses: readonly string[], families: ProxyShape['families']): readonly string[] {
  if (families.length === 2) return addresses;
  return addresses.filter((address) => families.includes(address.includes(':') ? 6 : 4));
}
