import { isIPv6 } from 'node:net';
import { placeOf } from './address.ts';
import type { Place } from './call.ts';
import { at, flag, type Message } from './message.ts';
import type { ProxyState } from './proxy.ts';

/**
 * Who takes a connection that was redirected to `port`: the listener that is bound there, or the one of the original
 * destination if that listener hands over (config.listener.v3.Listener.use_original_dst): of the very address, then of
 * the wildcard address and the port, or else itself.
 */
export function listenersOf(proxy: ProxyState, port: number, destination: Place): readonly Message[] {
  const bound = [...proxy.listeners.values()].find(
    (listener) => flag(listener, 'bind_to_port') !== false && portOf(listener) === port,
  );
  if (bound === undefined) return [];
  if (flag(bound, 'use_original_dst') !== true) return [bound];
  const wildcard = isIPv6(destination.address) ? '::' : '0.0.0.0';
  const at = (address: string) => findAt(proxy, `${address}:${destination.port}`);
  const next = at(destination.address) ?? at(wildcard);
  return next === undefined || next === bound ? [bound] : [bound, next];
}

const portOf = (listener: Message) => Number(placeOf(at(listener, 'address')).split(':').at(-1));

function findAt(proxy: ProxyState, place: string): Message | undefined {
  return [...proxy.listeners.values()].find((listener) => placeOf(at(listener, 'address')) === place);
}
