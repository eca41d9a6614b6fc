import { isIPv4 } from 'node:net';
import type { Message } from '../resource.ts';

/**
 * Envoy refuses a whole listener when two chains of it match the same connections. Here the first one keeps them, as the
 * first of two rules does in Istio; a later chain keeps what is left of its blocks and names.
 */
export function distinctChains(chains: readonly Message[]): Message[] {
  const taken = new Set<string>();
  return chains.flatMap((chain) => {
    const parts = freeParts(chain, taken);
    // Most chains meet no other: they stay the same objects.
    return parts.length === 1 && parts[0]?.whole === true ? [chain] : parts.map((part) => narrowed(chain, part));
  });
}

type Range = Message | undefined;
type Name = string | undefined;

/** Blocks that have the same names left. Undefined stands for any. */
interface Part {
  readonly ranges: readonly Range[];
  readonly names: readonly Name[];
  readonly whole: boolean;
}

const listOf = <T>(value: unknown): readonly (T | undefined)[] =>
  Array.isArray(value) && value.length > 0 ? value : [undefined];

const matchOf = (chain: Message): Message => (chain['filter_chain_match'] ?? {}) as Message;

function freeParts(chain: Message, taken: Set<string>): Part[] {
  const { prefix_ranges, server_names, ...rest } = matchOf(chain);
  const others = JSON.stringify(Object.entries(rest).sort(([left], [right]) => (left < right ? -1 : 1)));
  const [ranges, names] = [listOf<Message>(prefix_ranges), listOf<string>(server_names)];
  const groups = new Map<string, { readonly ranges: Range[]; readonly names: readonly Name[] }>();
  for (const range of ranges) {
    const free = names.filter((name) => {
      const key = `${others} ${range === undefined ? '' : keyOf(range)} ${name?.toLowerCase()}`;
      return !taken.has(key) && taken.add(key);
    });
    if (free.length === 0) continue;
    const key = free.length === names.length ? '' : JSON.stringify(free);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { ranges: [range], names: free });
    else group.ranges.push(range);
  }
  const isWhole = (part: { readonly ranges: readonly Range[]; readonly names: readonly Name[] }) =>
    part.ranges.length === ranges.length && part.names.length === names.length;
  return [...groups.values()].map((group) => ({ ...group, whole: isWhole(group) }));
}

/** Envoy compares blocks, not how they are written: `10.1.2.3/16` is `10.1.0.0/16`. */
function keyOf({ address_prefix, prefix_len }: Message): string {
  const [address, length] = [String(address_prefix), Number(prefix_len)];
  if (!isIPv4(address)) return `${address}/${length}`;
  const bits = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return `${Math.floor(bits / 2 ** (32 - length))}/${length}`;
}

function narrowed(chain: Message, { ranges, names }: Part): Message {
  const match = matchOf(chain);
  return {
    ...chain,
    filter_chain_match: {
      ...match,
      ...(match['prefix_ranges'] === undefined ? {} : { prefix_ranges: ranges }),
      ...(match['server_names'] === undefined ? {} : { server_names: names }),
    },
  };
}
