import { createHash } from 'node:crypto';
import { byAge } from './collections.ts';
import type { EntryRecord } from './service-entry.ts';

const optOut = 'networking.istio.io/enable-autoallocate-ip';
/** 240.240.0.0/16 without its first and its last address. */
const mostPlaces = 65_534;

export const allocationKey = ({ config }: EntryRecord, host: string): string =>
  `${config.namespace}/${config.name}/${host}`;

/**
 * Addresses that stand for the hosts of ServiceEntries without addresses: 240.240.0.0/16 and 2001:2::/48, as in Istio,
 * whose own allocation (`status.addresses`) counts where it is there. A host's place follows from its name; of two with
 * one place the older keeps it and the other takes the next that is free, so every replica and every restart comes to
 * the same.
 */
export function allocateAddresses(entries: Iterable<EntryRecord>): ReadonlyMap<string, readonly string[]> {
  const sorted = [...entries].sort((left, right) => byAge(left.config, right.config));
  const taken = new Set(sorted.flatMap(({ allocated }) => allocated.flatMap(({ address }) => placeOf(address) ?? [])));
  const found = new Map<string, readonly string[]>();
  for (const entry of sorted) {
    for (const host of hostsWithoutAddress(entry)) {
      const key = allocationKey(entry, host);
      const place = freePlace(key, taken);
      if (place === undefined) return found;
      taken.add(place);
      found.set(key, [`240.240.${place >> 8}.${place & 255}`, `2001:2::${place.toString(16)}`]);
    }
  }
  return found;
}

/**
 * Where the client's own address is kept (NONE), another one could not be called; a host with a star is many hosts.
 * The label is Istio's.
 */
function hostsWithoutAddress({ config, allocated }: EntryRecord): readonly string[] {
  const { spec, labels } = config;
  const given = (spec.addresses ?? []).length > 0 || allocated.length > 0;
  const refused = labels[optOut]?.toLowerCase() === 'false' || (spec.resolution ?? 'NONE') === 'NONE';
  return given || refused ? [] : spec.hosts.filter((host) => !host.includes('*'));
}

function placeOf(address: string): number | undefined {
  const [, third, fourth] = /^240\.240\.(\d{1,3})\.(\d{1,3})$/.exec(address) ?? [];
  return third === undefined || fourth === undefined ? undefined : Number(third) * 256 + Number(fourth);
}

function freePlace(key: string, taken: ReadonlySet<number>): number | undefined {
  const first = createHash('sha256').update(key).digest().readUInt32BE(0) % mostPlaces;
  for (let step = 0; step < mostPlaces; step++) {
    const place = ((first + step) % mostPlaces) + 1;
    if (!taken.has(place)) return place;
  }
  return undefined;
}
