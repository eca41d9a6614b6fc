import type { Call } from './call.ts';
import { at, list, type Message, number, typeOf } from './message.ts';

/** What the listener filters find out of a connection's first bytes. */
export interface Inspected {
  /** `tls` or `raw_buffer`. */
  readonly transport: string;
  readonly sni: string;
  /** The ALPN of TLS, or what the HTTP inspector saw. */
  readonly protocols: readonly string[];
}

export const nothingSeen: Inspected = { transport: '', sni: '', protocols: [] };

/** In the order of the listener: the HTTP inspector leaves alone what was seen to be TLS. */
export function inspect(listener: Message, call: Call, before: Inspected): Inspected {
  let seen = before;
  for (const filter of list(listener, 'listener_filters')) {
    if (isDisabled(at(filter, 'filter_disabled'), call.destination.port)) continue;
    seen = apply(typeOf(at(filter, 'typed_config')), call, seen);
  }
  return seen;
}

function apply(type: string, call: Call, seen: Inspected): Inspected {
  if (type === 'TlsInspector' && call.tls !== undefined)
    return { transport: 'tls', sni: call.tls.sni.toLowerCase(), protocols: call.tls.alpn };
  if (type === 'HttpInspector' && seen.transport !== 'tls' && call.tls === undefined && call.request !== 'bytes')
    return { ...seen, protocols: [call.request.version === 'http/2' ? 'h2c' : 'http/1.1'] };
  return seen;
}

/** config.listener.v3.ListenerFilterChainMatchPredicate, of destination ports. */
function isDisabled(predicate: Message | undefined, port: number): boolean {
  if (predicate === undefined) return false;
  const rules = (key: string) => list(at(predicate, key), 'rules');
  if (predicate['or_match'] !== undefined) return rules('or_match').some((rule) => isDisabled(rule, port));
  if (predicate['and_match'] !== undefined) return rules('and_match').every((rule) => isDisabled(rule, port));
  if (predicate['not_match'] !== undefined) return !isDisabled(at(predicate, 'not_match'), port);
  const range = at(predicate, 'destination_port_range');
  if (range !== undefined) return port >= (number(range, 'start') ?? 0) && port < (number(range, 'end') ?? 0);
  return predicate['any_match'] === true;
}
