import type { Party } from './call.ts';
import { volume } from './signals.ts';
import type { Tallies, Tally } from './tally.ts';

/** What of the calls by unknown callers is known after all. */
export interface Attribution {
  /** Keys of edges whose calls the destination counted as those of somebody unknown, by the key of the caller's edge. */
  readonly others: ReadonlyMap<string, readonly string[]>;
  /** Of edges of unknown callers: the share that no known caller explains. An edge that is not here is all of it. */
  readonly unexplained: ReadonlyMap<string, number>;
}

/** Proxies are asked one after the other, so that two counts of the same never agree to the last request. */
const tolerance = 0.05;
const fewRequests = 2;

/**
 * A destination knows its caller by what the caller says behind mutual TLS. Two cases lack that: connections of TCP, which show the
 * certificate alone, and calls in plaintext. The first are of the caller with that certificate. The second are explained by
 * callers in the mesh that themselves say to have shown no certificate; what is left is of somebody outside.
 */
export function attribute(tallies: Tallies): Attribution {
  const found = { others: new Map<string, string[]>(), unexplained: new Map<string, number>() };
  const unknown = new Set([...tallies.values()].filter(({ source }) => source.workload === '').map(targetKey));
  if (unknown.size === 0) return found;
  for (const [key, calls] of Map.groupBy(tallies.values(), targetKey)) {
    if (!unknown.has(key)) continue;
    const callers = calls.filter(({ source }) => source.workload !== '');
    for (const call of calls) if (call.source.workload === '') explain(call, callers, found);
  }
  return found;
}

function explain(
  unknown: Tally,
  callers: readonly Tally[],
  { others, unexplained }: { others: Map<string, string[]>; unexplained: Map<string, number> },
): void {
  const { key, source } = unknown;
  if (source.principal === '') {
    unexplained.set(key, restOf(unknown, callers));
    return;
  }
  const same = callers.filter(({ sourcePrincipals }) => sourcePrincipals.includes(source.principal));
  for (const caller of same) others.set(caller.key, [...(others.get(caller.key) ?? []), key]);
  if (same.length > 0) unexplained.set(key, 0);
}

function restOf({ byDestination }: Tally, callers: readonly Tally[]): number {
  const all = volume(byDestination);
  const explained = callers.reduce((sum, { bySource }) => sum + bySource.plain, 0);
  const rest = all - explained;
  return explained > 0 && (rest <= fewRequests || rest <= tolerance * all) ? 0 : Math.max(0, rest) / (all || 1);
}

function targetKey({ target, targetHost, protocol }: Tally): string {
  return JSON.stringify([partyKey(target), targetHost, protocol]);
}

function partyKey({ namespace, workload, version }: Party): string {
  return JSON.stringify([namespace, workload, version]);
}
