import type { Verdict } from './call.ts';
import { manage } from './connection-manager.ts';
import { formatted } from './headers.ts';
import { at, list, type Message, text, typeOf } from './message.ts';
import { filtersOf } from './proxy.ts';
import { isAllowed } from './rbac.ts';
import { passOn } from './tcp-proxy.ts';
import { closed, knownOf, type Walk } from './walk.ts';

/** The network filters of a chain, in order, up to the one that takes the connection. */
export function throughChain(chain: Message, walk: Walk): readonly Verdict[] {
  let chosen: string | undefined;
  for (const [, config] of filtersOf(chain, 'filters', walk.proxy)) {
    switch (typeOf(config)) {
      case 'HttpConnectionManager':
        return manage(config ?? {}, walk);
      case 'TcpProxy':
        return passOn(config, chosen, walk);
      case 'RBAC':
        if (!isAllowed(at(config, 'rules'), askedOf(walk))) return closed('denied by rbac');
        break;
      case 'Config':
        chosen = chosenCluster(config, walk) ?? chosen;
        break;
    }
  }
  return closed('no filter takes it');
}

function askedOf(walk: Walk) {
  const { source, destination } = walk.call;
  return { source, client: source, destination, sni: walk.seen.sni, peer: walk.peer, headers: undefined };
}

/** extensions.filters.network.set_filter_state, of the key that tcp_proxy reads. */
function chosenCluster(config: Message | undefined, walk: Walk): string | undefined {
  const state = list(config, 'on_new_connection').find((one) => text(one, 'object_key') === 'envoy.tcp_proxy.cluster');
  const format = text(at(state, 'format_string', 'text_format_source'), 'inline_string');
  return format === '' ? undefined : formatted(format, knownOf(walk));
}
