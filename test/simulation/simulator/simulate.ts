import type { Call, Verdict } from './call.ts';
import { chainOf } from './filter-chain.ts';
import { listenersOf } from './listener-choice.ts';
import { inspect, nothingSeen } from './listener-filters.ts';
import { matchesString } from './matchers.ts';
import { at, flag, list, type Message, text, typeOf } from './message.ts';
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
  const walk = {
    proxy,
    call,
    seen,
    listener: text(listener, 'name'),
    chain: text(chain, 'name'),
    terminated: false,
    peer: undefined,
  };
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
  const common = at(context, 'common_tls_context');
  const combined = at(common, 'combined_validation_context');
  const validation = combined === undefined ? at(common, 'validation_context') : combined;
  const ownOf = at(combined, 'default_validation_context') ?? validation;
  const names = list(ownOf, 'match_typed_subject_alt_names');
  const anyone = text(ownOf, 'trust_chain_verification') === 'ACCEPT_UNTRUSTED';
  // Where a name is wanted, Envoy wants a certificate, whatever else is said.
  const required = flag(context, 'require_client_certificate') === true || (names.length > 0 && !anyone);
  // Who is not asked for a certificate shows none.
  const peer = required || validation !== undefined ? call.tls.peer : undefined;
  if (required && peer === undefined) return closed('no certificate of the client');
  const fits = names.length === 0 || names.some((name) => matchesString(at(name, 'matcher'), peer ?? ''));
  if (peer !== undefined && !anyone && !fits) return closed('a certificate of another name');
  return throughChain(chain, { ...walk, terminated: true, peer });
}
