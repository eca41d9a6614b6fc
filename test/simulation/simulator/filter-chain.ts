import { isIn } from './address.ts';
import type { Call } from './call.ts';
import type { Inspected } from './listener-filters.ts';
import { at, list, type Message, number, text, texts } from './message.ts';

/**
 * The chain of a listener, as config.listener.v3.FilterChainMatch says: criterion after criterion, each leaves those
 * chains that name the most specific value that fits, or, if none does, those that name no value. There is no way back:
 * when nothing is left, the default chain is taken.
 */
export function chainOf(listener: Message, call: Call, seen: Inspected): Message | undefined {
  let left = list(listener, 'filter_chains');
  for (const specificity of criteria(call, seen)) left = mostSpecific(left, specificity);
  return left[0] ?? at(listener, 'default_filter_chain');
}

/** How well a match fits a connection: the higher the better, 0 when it names nothing, undefined when it does not fit. */
type Specificity = (match: Message | undefined) => number | undefined;

function mostSpecific(chains: readonly Message[], specificity: Specificity): readonly Message[] {
  const ranked = chains.map((chain) => [specificity(at(chain, 'filter_chain_match')), chain] as const);
  const best = Math.max(...ranked.map(([rank]) => rank ?? -1));
  return best < 0 ? [] : ranked.filter(([rank]) => rank === best).map(([, chain]) => chain);
}

function criteria(call: Call, seen: Inspected): readonly Specificity[] {
  return [
    byPort(call.destination.port),
    byPrefix('prefix_ranges', call.destination.address),
    byServerName(seen.sni),
    byWord('transport_protocol', seen.transport === '' ? 'raw_buffer' : seen.transport),
    byProtocols(seen.protocols),
    byPrefix('direct_source_prefix_ranges', call.source),
    byPrefix('source_prefix_ranges', call.source),
  ];
}

const byPort =
  (port: number): Specificity =>
  (match) => {
    const wanted = number(match, 'destination_port');
    if (wanted === undefined) return 0;
    return wanted === port ? 1 : undefined;
  };

/** No prefix counts as one of length 0. */
const byPrefix =
  (key: string, address: string): Specificity =>
  (match) => {
    const ranges = list(match, key);
    if (ranges.length === 0) return 0;
    const fitting = ranges.filter((range) => isIn(address, range)).map((range) => number(range, 'prefix_len') ?? 0);
    return fitting.length === 0 ? undefined : Math.max(...fitting);
  };

/** The exact name, then `*.` before longer and longer ends of it. */
const byServerName =
  (sni: string): Specificity =>
  (match) => {
    const names = texts(match, 'server_names').map((name) => name.toLowerCase());
    if (names.length === 0) return 0;
    if (sni === '') return undefined;
    const ranks = names.map((name) => {
      if (name === sni) return 10_000;
      return name.startsWith('*.') && sni.endsWith(name.slice(1)) ? name.length : -1;
    });
    return Math.max(...ranks) < 0 ? undefined : Math.max(...ranks);
  };

const byWord =
  (key: string, word: string): Specificity =>
  (match) => {
    const wanted = text(match, key);
    if (wanted === '') return 0;
    return wanted === word ? 1 : undefined;
  };

/** The client's order decides. */
const byProtocols =
  (protocols: readonly string[]): Specificity =>
  (match) => {
    const wanted = texts(match, 'application_protocols');
    if (wanted.length === 0) return 0;
    const place = protocols.findIndex((protocol) => wanted.includes(protocol));
    return place < 0 ? undefined : protocols.length - place;
  };
