import { Buckets } from './buckets.ts';
import type { CallSeries, Party } from './call.ts';
import { CountsByName } from './counts-by-name.ts';

/** What one reporter counted of the calls from one workload to another in some time. */
export class Count {
  requests = 0;
  failed = 0;
  /** Connections of TCP that were opened. */
  opened = 0;
  sent = 0;
  received = 0;
  /** Of requests, or connections, for which it is known. */
  mutual = 0;
  plain = 0;
  readonly hosts = new CountsByName();
  /** Of requests and connections that did not just end well. */
  readonly answers = new CountsByName();
  /** Requests by duration in milliseconds. */
  readonly buckets = new Buckets();
  #counted = false;

  add(series: CallSeries, delta: number): void {
    this.#counted = true;
    if (series.counts === 'duration-bucket') this.buckets.add(series.upTo, delta);
    if (series.counts === 'sent') this.sent += delta;
    if (series.counts === 'received') this.received += delta;
    if (series.counts === 'requests') this.#request(series, delta);
    if (series.counts === 'opened') this.opened += delta;
    if (series.counts === 'closed' && series.answer !== '') this.answers.add(series.answer, delta);
    if (series.counts === 'requests' || series.counts === 'opened') this.#connection(series, delta);
  }

  merge(other: Count): void {
    // Most calls are counted by one side alone in a tick.
    if (!other.#counted) return;
    this.#counted = true;
    this.requests += other.requests;
    this.failed += other.failed;
    this.opened += other.opened;
    this.sent += other.sent;
    this.received += other.received;
    this.mutual += other.mutual;
    this.plain += other.plain;
    this.hosts.merge(other.hosts);
    this.answers.merge(other.answers);
    this.buckets.merge(other.buckets);
  }

  #request({ failed, answer }: CallSeries, delta: number): void {
    this.requests += delta;
    if (failed) this.failed += delta;
    if (answer !== '') this.answers.add(answer, delta);
  }

  #connection({ mutual, host }: CallSeries, delta: number): void {
    if (mutual === true) this.mutual += delta;
    if (mutual === false) this.plain += delta;
    if (host !== '') this.hosts.add(host, delta);
  }
}

/** The calls from one workload to another by one protocol. */
export interface Tally {
  readonly key: string;
  readonly source: Party;
  readonly target: Party;
  /** Where no workload is known behind it: the host that was called. */
  readonly targetHost: string;
  readonly protocol: CallSeries['protocol'];
  readonly bySource: Count;
  readonly byDestination: Count;
  sourcePrincipals: readonly string[];
  destinationPrincipals: readonly string[];
}

/** Calls by edge. */
export type Tallies = Map<string, Tally>;

/** Equal for the series of one edge. Names hold any character, so they are quoted. Who is not known is told by its certificate. */
export function edgeKey({ source, target, host, protocol }: CallSeries): string {
  const caller = source.workload === '' ? ['', source.principal] : [source.namespace, source.workload, source.version];
  const called = target.workload === '' ? ['', host] : [target.namespace, target.workload, target.version];
  return JSON.stringify([caller, called, protocol]);
}

export function addTo(tallies: Tallies, key: string, series: CallSeries, delta: number): void {
  addToTally(tallyOf(tallies, key, series), series, delta);
}

export function addToTally(tally: Tally, series: CallSeries, delta: number): void {
  (series.reporter === 'source' ? tally.bySource : tally.byDestination).add(series, delta);
  if (series.counts === 'duration-bucket') return;
  tally.sourcePrincipals = withOne(tally.sourcePrincipals, series.source.principal);
  tally.destinationPrincipals = withOne(tally.destinationPrincipals, series.target.principal);
}

/** The second's counts are added to the first's. */
export function mergeTallies(into: Tallies, from: Tallies): void {
  for (const [key, tally] of from) {
    let mine = into.get(key);
    if (mine === undefined) {
      mine = emptyTally(tally);
      into.set(key, mine);
    }
    mine.bySource.merge(tally.bySource);
    mine.byDestination.merge(tally.byDestination);
    mine.sourcePrincipals = withAll(mine.sourcePrincipals, tally.sourcePrincipals);
    mine.destinationPrincipals = withAll(mine.destinationPrincipals, tally.destinationPrincipals);
  }
}

/** The one of the key, made where there is none. */
export function tallyOf(tallies: Tallies, key: string, series: CallSeries): Tally {
  const known = tallies.get(key);
  if (known !== undefined) return known;
  const { source, target, host, protocol } = series;
  const made = emptyTally({ key, source, target, targetHost: target.workload === '' ? host : '', protocol });
  tallies.set(key, made);
  return made;
}

function emptyTally(of: Pick<Tally, 'key' | 'source' | 'target' | 'targetHost' | 'protocol'>): Tally {
  const { key, source, target, targetHost, protocol } = of;
  return {
    ...{ key, source, target, targetHost, protocol },
    bySource: new Count(),
    byDestination: new Count(),
    sourcePrincipals: nobody,
    destinationPrincipals: nobody,
  };
}

/** More than a person reads says nothing more. */
const mostPrincipals = 10;

const nobody: readonly string[] = [];

function withOne(principals: readonly string[], principal: string): readonly string[] {
  const enough = principal === '' || principals.length >= mostPrincipals || principals.includes(principal);
  return enough ? principals : [...principals, principal];
}

function withAll(principals: readonly string[], more: readonly string[]): readonly string[] {
  return principals === more ? principals : principals.length === 0 ? more : more.reduce(withOne, principals);
}
