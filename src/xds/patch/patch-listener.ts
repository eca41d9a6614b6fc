import type { ListenerMatchIR, PatchIR } from '../../ir/types/patch.ts';
import type { Message } from '../resource.ts';
import { addedPlace } from './added-place.ts';
import { patchedList } from './list-patch.ts';
import { canonical, merged } from './merge.ts';

const listenerType = 'envoy.config.listener.v3.Listener';
const listenerFilterType = 'envoy.config.listener.v3.ListenerFilter';
const chainType = 'envoy.config.listener.v3.FilterChain';
const networkFilterType = 'envoy.config.listener.v3.Filter';
const httpFilterType = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter';

const messages = (value: unknown): readonly Message[] => (Array.isArray(value) ? value : []);
const message = (value: unknown): Message => (typeof value === 'object' && value !== null ? (value as Message) : {});
const fits = (wanted: unknown, found: unknown): boolean => wanted === undefined || wanted === found;

/** Listeners of all that leaves or reaches a pod: the port is that of a chain. */
const manyPorts: ReadonlySet<unknown> = new Set(['virtualInbound', 'virtualOutbound']);

/** The listener after the patch; the same one where it fits nothing, undefined where it is removed. */
export function patchListener(listener: Message, patch: PatchIR): Message | undefined {
  const match = patch.listener;
  if (!isMatched(listener, match)) return listener;
  if (patch.target === 'LISTENER') return ofListener(listener, patch);
  if (patch.target === 'LISTENER_FILTER') return withListenerFilters(listener, patch);
  if (patch.target === 'FILTER_CHAIN' && patch.operation === 'ADD')
    return withChains(listener, (chains) => [...chains, canonical(chainType, patch.value) as Message]);
  const isChain = (chain: Message) => isMatchedChain(listener, chain, match);
  // A chain is changed, added or removed; as in Istio, none takes the place of another.
  if (patch.target === 'FILTER_CHAIN' && patch.operation === 'REPLACE') return listener;
  if (patch.target === 'FILTER_CHAIN')
    return withChains(listener, (chains) =>
      patchedList(chains, { patch, type: chainType, isNamed: isChain, names: true }),
    );
  return withChains(listener, (chains) =>
    unchanged(chains, (chain) => (isChain(chain) ? ofChain(chain, patch) : chain)),
  );
}

function ofListener(listener: Message, { operation, value }: PatchIR): Message | undefined {
  if (operation === 'REMOVE') return undefined;
  return operation === 'MERGE' ? (merged(listenerType, listener, canonical(listenerType, value)) as Message) : listener;
}

function withListenerFilters(listener: Message, patch: PatchIR): Message {
  const wanted = patch.listener?.listenerFilter;
  const filters = messages(listener.listener_filters);
  const isNamed = ({ name }: Message) => fits(wanted, name);
  const next = patchedList(filters, { patch, type: listenerFilterType, isNamed, names: wanted !== undefined });
  return next === filters ? listener : { ...listener, listener_filters: next };
}

function isMatched(listener: Message, match: ListenerMatchIR | undefined): boolean {
  if (!fits(match?.name, listener.name)) return false;
  if (match?.portNumber === undefined || manyPorts.has(listener.name)) return true;
  const address = message(message(listener.address).socket_address);
  return address.port_value === match.portNumber;
}

function isMatchedChain(listener: Message, chain: Message, match: ListenerMatchIR | undefined): boolean {
  const wanted = match?.filterChain;
  const { server_names, transport_protocol, application_protocols, destination_port } = message(
    chain.filter_chain_match,
  );
  if (match?.portNumber !== undefined && manyPorts.has(listener.name) && destination_port !== match.portNumber)
    return false;
  return (
    fits(wanted?.name, chain.name) &&
    (wanted?.sni === undefined || (Array.isArray(server_names) && server_names.includes(wanted.sni))) &&
    fits(wanted?.transportProtocol, transport_protocol) &&
    hasAll(application_protocols, wanted?.applicationProtocols) &&
    fits(wanted?.destinationPort, destination_port)
  );
}

/** All of those with commas between them. */
function hasAll(found: unknown, wanted: string | undefined): boolean {
  return wanted === undefined || (Array.isArray(found) && wanted.split(',').every((one) => found.includes(one)));
}

/** The chain for all else is one of them. */
function withChains(listener: Message, change: (chains: readonly Message[]) => readonly Message[]): Message {
  const chains = messages(listener.filter_chains);
  const changed = change(chains);
  const other = listener.default_filter_chain === undefined ? [] : [message(listener.default_filter_chain)];
  // What is added stands in the list; a chain for all else is changed or removed where it fits.
  const changedOther = changed.length > chains.length ? other : change(other);
  if (
    changed === chains &&
    changedOther.every((chain, index) => chain === other[index]) &&
    changedOther.length === other.length
  )
    return listener;
  const { default_filter_chain: _, ...rest } = listener;
  const [only] = changedOther;
  return { ...rest, filter_chains: changed, ...(only === undefined ? {} : { default_filter_chain: only }) };
}

/** The same list where no item changed. */
function unchanged(list: readonly Message[], change: (item: Message) => Message): readonly Message[] {
  const next = list.map(change);
  return next.every((item, index) => item === list[index]) ? list : next;
}

function ofChain(chain: Message, patch: PatchIR): Message {
  const wanted = patch.listener?.filterChain?.filter;
  const filters = messages(chain.filters);
  const isNamed = ({ name }: Message) => fits(wanted?.name, name);
  const added = (list: readonly Message[]) => addedPlace(list, patch.filterClass);
  const next =
    patch.target === 'NETWORK_FILTER'
      ? patchedList(filters, { patch, type: networkFilterType, isNamed, names: wanted?.name !== undefined, added })
      : unchanged(filters, (filter) => (isNamed(filter) ? ofManager(filter, patch) : filter));
  return next === filters ? chain : { ...chain, filters: next };
}

const manager = 'envoy.filters.network.http_connection_manager';

function ofManager(filter: Message, patch: PatchIR): Message {
  if (filter.name !== manager) return filter;
  const config = message(filter.typed_config);
  const filters = messages(config.http_filters);
  const wanted = patch.listener?.filterChain?.filter?.subFilter?.name;
  const next = patchedList(filters, {
    ...{ patch, type: httpFilterType, names: wanted !== undefined },
    isNamed: ({ name }) => fits(wanted, name),
    // It brings the host of the request: a filter before it would see no route.
    ahead: ({ name }) => name === 'envoy.filters.http.on_demand',
    added: (list) => addedPlace(list, patch.filterClass),
  });
  return next === filters ? filter : { ...filter, typed_config: { ...config, http_filters: next } };
}
