import { type Origin, printOrigin } from '../model/origin.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { EncodedResource, ProxyResources, pushOrder, XdsType } from '../xds/resource.ts';
import { Seldom } from './seldom.ts';
import type { DeltaSubscription, Rejected } from './subscription.ts';

/** STALE: sent and not acknowledged for longer than a proxy that works would take. */
export type SyncState = 'SYNCED' | 'STALE' | 'NACKED' | 'NOT SENT';

/** A stream as the ledger sees it. What was sent is remembered by the subscriptions; the ledger keeps no copy. */
export interface LedgerView {
  readonly proxy: string;
  readonly protocol: 'delta' | 'sotw';
  /** Milliseconds since the epoch. */
  readonly connectedAt: number;
  readonly envoyVersion: string;
  readonly subscriptions: ReadonlyMap<XdsType, DeltaSubscription>;
  /** Nothing is on its way, and nothing waits to be sent. */
  readonly settled: () => boolean;
  /** What it may have now. */
  readonly resources: () => ProxyResources;
  /** How configuration reaches it, for people. */
  readonly delivery: () => string;
}

export interface TypeStatus {
  readonly state: SyncState;
  readonly times: DeltaSubscription['times'];
  readonly nonces: DeltaSubscription['nonces'];
  /** When the state began, as far as it is known: the oldest unanswered response, the first NACK, the last ACK. */
  readonly since: number | undefined;
  readonly rejected: number;
}

export interface ProxyStatus extends Omit<LedgerView, 'subscriptions' | 'settled' | 'resources' | 'delivery'> {
  readonly delivery: string;
  /** It has acknowledged all that it should have at this moment. */
  readonly settled: boolean;
  readonly types: Readonly<Record<XdsType, TypeStatus>>;
}

/** What a proxy made of one resource: `waiting` when it owes an answer for it or lacks it, whatever it held before. */
export interface Acknowledgement {
  readonly state: 'not asked for' | 'held' | 'waiting' | 'rejected';
  /** Of what it was sent last; '' when that is nothing. */
  readonly version: string;
}

/** One resource of one proxy. */
export interface ResourceStatus {
  readonly name: string;
  /** The version it was sent last. */
  readonly version: string;
  readonly state: Exclude<SyncState, 'NOT SENT'>;
  readonly since: number | undefined;
  /** Envoy's words, for what it rejected. */
  readonly reason?: string;
  readonly origins?: readonly Origin[];
}

export interface Rejection {
  readonly proxy: string;
  readonly type: XdsType;
  readonly resource: EncodedResource;
  readonly reason: string;
}

/** So long a proxy may take for a response. */
const staleMs = 5_000;

/** What each connected proxy was sent, and what it made of it. */
export class Ledger {
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #streams = new Set<LedgerView>();
  readonly #said = new Seldom(Number.POSITIVE_INFINITY);

  constructor(log: Logger, now: () => number) {
    this.#log = log;
    this.#now = now;
  }

  open(view: LedgerView): void {
    this.#streams.add(view);
  }

  close(view: LedgerView): void {
    this.#streams.delete(view);
  }

  /** One line for each content and reason, however many proxies reject it. */
  reject({ proxy, type, resource, reason }: Rejection): void {
    if (!this.#said.mayBeSaid(`${type} ${resource.name} ${resource.version} ${reason}`, this.#now())) return;
    const origins = resource.origins.map(printOrigin);
    this.#log.error(
      { code: 'OR2010', proxy, type, resource: resource.name, version: resource.version, reason, origins },
      `a proxy rejected ${type} ${resource.name}, made from ${origins.join(', ') || 'no object of yours'}: ${reason}`,
    );
  }

  /** A proxy took the resource without these patches, and not with them. One line for each of them and reason. */
  takenWithout({ proxy, type, resource, reason }: Rejection, leftOut: readonly Origin[]): void {
    const origins = leftOut.map(printOrigin);
    const what = origins.join(', ');
    if (!this.#said.mayBeSaid(`${what} ${type} ${resource.name} ${reason}`, this.#now())) return;
    this.#log.warn(
      { code: 'OR2456', proxy, type, resource: resource.name, reason, origins },
      `${what}: the patch is left out of ${type} ${resource.name} of proxies that reject it: ${reason}`,
    );
  }

  /** By name of the proxy. */
  status(): ProxyStatus[] {
    const now = this.#now();
    return [...this.#streams]
      .map(({ subscriptions, settled, resources: _, delivery, ...rest }) => ({
        ...rest,
        delivery: delivery(),
        settled: settled(),
        types: typesOf(subscriptions, now),
      }))
      .sort((a, b) => (a.proxy < b.proxy ? -1 : 1));
  }

  /** Each proxy, and whether it has all that it should have. */
  settled(): { readonly proxy: string; readonly settled: boolean }[] {
    return [...this.#streams].map(({ proxy, settled }) => ({ proxy, settled: settled() }));
  }

  /** What each stream has made of resources of one type, in the order of the names. */
  acknowledged(
    type: XdsType,
    names: readonly string[],
  ): { readonly proxy: string; readonly connectedAt: number; readonly of: readonly Acknowledgement[] }[] {
    return [...this.#streams].map(({ proxy, connectedAt, subscriptions }) => {
      const subscription = subscriptions.get(type);
      return { proxy, connectedAt, of: names.map((name) => acknowledgementOf(subscription, name)) };
    });
  }

  /** What a proxy was sent of a type, by name; undefined: there is no such proxy here. */
  resources(proxy: string, type: XdsType): ResourceStatus[] | undefined {
    const view = this.#latest(proxy);
    if (view === undefined) return undefined;
    const subscription = view.subscriptions.get(type);
    return subscription === undefined ? [] : resourcesOf(subscription, this.#now(), view);
  }

  /** Resources that a proxy rejected, by type; undefined: there is no such proxy here. */
  rejected(proxy: string): ReadonlyMap<XdsType, readonly Rejected[]> {
    const subscriptions = this.#latest(proxy)?.subscriptions ?? new Map<XdsType, DeltaSubscription>();
    return new Map([...subscriptions].map(([type, { rejected }]) => [type, [...rejected.values()]]));
  }

  /** A proxy that comes back may be here twice for a moment. */
  #latest(proxy: string): LedgerView | undefined {
    return [...this.#streams].findLast((stream) => stream.proxy === proxy);
  }
}

function acknowledgementOf(subscription: DeltaSubscription | undefined, name: string): Acknowledgement {
  if (subscription?.has(name) !== true) return { state: 'not asked for', version: '' };
  const version = subscription.holdings.version(name) ?? '';
  if (subscription.rejected.has(name)) return { state: 'rejected', version };
  const owed = [...subscription.unanswered.values()].some(({ resources }) => resources.some((r) => r.name === name));
  return { state: owed || version === '' ? 'waiting' : 'held', version };
}

function typesOf(
  subscriptions: ReadonlyMap<XdsType, DeltaSubscription>,
  now: number,
): Readonly<Record<XdsType, TypeStatus>> {
  const of = (type: XdsType): TypeStatus => statusOf(subscriptions.get(type), now);
  return {
    cluster: of('cluster'),
    endpoint: of('endpoint'),
    listener: of('listener'),
    route: of('route'),
    extension: of('extension'),
    virtualHost: of('virtualHost'),
    secret: of('secret'),
  } satisfies Record<(typeof pushOrder)[number], TypeStatus>;
}

const never = { sent: undefined, acknowledged: undefined };

function statusOf(subscription: DeltaSubscription | undefined, now: number): TypeStatus {
  if (subscription === undefined)
    return { state: 'NOT SENT', since: undefined, rejected: 0, times: never, nonces: never };
  const { times, nonces } = subscription;
  const rejected = subscription.rejected.size;
  const oldest = firstOf([...subscription.unanswered.values()].map(({ at }) => at));
  if (rejected > 0) {
    const since = firstOf([...subscription.rejected.values()].map(({ at }) => at));
    return { state: 'NACKED', since, rejected, times, nonces };
  }
  if (oldest !== undefined && now - oldest > staleMs) return { state: 'STALE', since: oldest, rejected, times, nonces };
  const { sent, acknowledged } = times;
  // A client that came back with all it should have is sent nothing: it is in sync all the same.
  if (sent === undefined && isEmpty(subscription))
    return { state: 'NOT SENT', since: undefined, rejected, times, nonces };
  return { state: 'SYNCED', since: acknowledged ?? sent, rejected, times, nonces };
}

function isEmpty(subscription: DeltaSubscription): boolean {
  for (const _ of subscription.holdings.names()) return false;
  return true;
}

function firstOf(times: readonly number[]): number | undefined {
  return times.length === 0 ? undefined : Math.min(...times);
}

function resourcesOf(subscription: DeltaSubscription, now: number, view: LedgerView): ResourceStatus[] {
  const wanted = subscription.desired(view.resources());
  const waiting = new Map<string, number>();
  for (const { resources, at } of subscription.unanswered.values()) {
    for (const { name } of resources) waiting.set(name, at);
  }
  const names = new Set([...subscription.holdings.names(), ...subscription.rejected.keys()]);
  return [...names].sort().map((name) => {
    const rejected = subscription.rejected.get(name);
    if (rejected !== undefined) {
      const { resource, reason, at, leftOut } = rejected;
      const version = leftOut === undefined ? resource.version : (subscription.holdings.version(name) ?? '');
      return { name, version, state: 'NACKED', since: at, reason, origins: resource.origins };
    }
    const version = subscription.holdings.version(name) ?? '';
    const { origins = [] } = wanted.named.get(name) ?? wanted.set.get(name) ?? {};
    const at = waiting.get(name);
    if (at !== undefined && now - at > staleMs) return { name, version, state: 'STALE', since: at, origins };
    return { name, version, state: 'SYNCED', since: subscription.times.acknowledged, origins };
  });
}
