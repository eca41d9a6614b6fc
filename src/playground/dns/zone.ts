import { type DnsAnswer, type DnsRecord, type Question, recordTypes } from './message.ts';

/** What a name stands for. */
export interface ZoneEntry {
  readonly addresses?: readonly string[];
  readonly alias?: string;
  /** `priority weight port name` */
  readonly services?: readonly string[];
}

/** By name: lower case, without the last dot. */
export type Zone = ReadonlyMap<string, ZoneEntry>;

/** The answer to one question. Nothing is asked of others: what the zone does not know does not exist. */
export function answerQuestion(zone: Zone, { name, type }: Question): DnsAnswer {
  const records: DnsRecord[] = [];
  let current = name;
  let entry = zone.get(current);
  for (let hops = 0; entry?.alias !== undefined && hops < 8; hops++) {
    records.push({ name: current, type: 'CNAME', data: entry.alias });
    current = entry.alias;
    entry = zone.get(current);
  }
  if (entry === undefined && records.length === 0) {
    // A name above known ones exists, though it has no records (RFC 8020).
    const above = [...zone.keys()].some((known) => known.endsWith(`.${name}`));
    return { code: above ? 'NOERROR' : 'NXDOMAIN', records: [] };
  }
  const wants = (wanted: number): boolean => type === wanted || type === recordTypes.ANY;
  const found: DnsRecord[] = [];
  if (wants(recordTypes.A)) for (const data of entry?.addresses ?? []) found.push({ name: current, type: 'A', data });
  if (wants(recordTypes.SRV))
    for (const data of entry?.services ?? []) found.push({ name: current, type: 'SRV', data });
  return { code: 'NOERROR', records: [...records, ...found] };
}
