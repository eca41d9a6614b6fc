import type { Call, Verdict } from './call.ts';
import { chainOf } from './filter-chain.ts';
import { listenersOf } from './listener-choice.ts';
import { inspect, nothingSeen } from './listener-filters.ts';
import { at, flag, type Message, text, typeOf } from './message.ts';
import { throughChain } from './network-filters.ts';
import type { ProxyState } from './proxy.ts';
import { closed, type Walk } from './walk.ts';

/** The port that a connection was redirected to. */
export const entries = { outbound: 15_001, inbound: 15_006 } as const;

/** All that may become of a call that reaches a proxy at a port. */
export function simulate(proxy: ProxyState, call: Call, port: number): readonly Verdict[] {
  const listeners = listenersOf(proxy, port, call.destination);
  const listener = listeners.at(-1);
  if (listener === undefined) return closed(`nobody listens on ${port}`);
  let seen = nothingSeen;
  for (const one of listeners) seen = inspect(one, call, seen);
  const chain = chainOf(listener, call, seen);
  if (chain === undefined) return closed('no chain matches');
  const walk = { proxy, call, seen, listener: text(listener, 'name'), chain: text(chain, 'name'), terminated: false };
  return throughSocket(chain, walk);
}

/** A chain that ends TLS takes nothing else; one that does not sees TLS as bytes. */
function throughSocket(chain: Message, walk: Walk): readonly Verdict[] {
  const context = at(chain, 'transport_socket', 'typed_config');
  const { call } = walk;
  if (typeOf(context) !== 'DownstreamTlsContext') {
    return throughChain(chain, { ...walk, call: call.tls === undefined ? call : { ...call, request: 'bytes' } });
  }
  if (call.tls === undefined) return closed('plain text where TLS is spoken');
  if (flag(context, 'require_client_certificate') === true && call.tls.peer === undefined)
    return closed('no certificate of the client');
  return throughChain(chain, { ...walk, terminated: true });
}
