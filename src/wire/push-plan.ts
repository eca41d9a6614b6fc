import type { EncodedResource, ProxyResources, XdsType } from '../xds/resource.ts';
import type { Shortfall } from './holdings.ts';
import { requiredBy, requiredBySet, union } from './required-clusters.ts';
import { type Delta, DeltaSubscription, type NameChanges } from './subscription.ts';

/** A response to write. The plan takes it for sent. */
export interface Outgoing extends Shortfall {
  readonly type: XdsType;
  readonly nonce: string;
  /** What the response is a part of. */
  readonly world: ProxyResources;
}

export interface PlanTimes {
  /** So long an answer is waited for, before what depends on it is sent all the same. Milliseconds. */
  readonly patienceMs: number;
  /** Requests that are under way have so long to leave a cluster that goes. Milliseconds. */
  readonly graceMs: number;
}

export const defaultTimes: PlanTimes = { patienceMs: 1_000, graceMs: 100 };

/** To the response with the nonce. */
export interface WireAnswer {
  readonly nonce: string;
  /** Why it was rejected; undefined: it was taken. */
  readonly error: string | undefined;
}

interface Moment {
  readonly world: ProxyResources;
  readonly now: number;
}

interface Push {
  readonly world: ProxyResources;
  stage: 'clusters' | 'routes';
  deadline: number;
  /** EDS names of clusters written by this push. */
  awaited: ReadonlySet<string>;
  /** Clusters that go, once nothing names them any more. */
  leaving: readonly string[];
}

/**
 * A filter that a listener names and that is removed answers every request by 500: the listener that goes still serves, and
 * for minutes its connections do. Envoy itself forgets filters that no listener names any more.
 */
const leavingAtOnce = (type: XdsType, { removed, retired }: Delta): readonly string[] =>
  type === 'extension' ? removed : [...removed, ...retired];

/** As `ProxySession.unasked`. */
export type UnaskedNames = (type: XdsType, held: Iterable<string>) => ReadonlySet<string>;

const noNames: ReadonlySet<string> = new Set();

const clusterTypes: readonly XdsType[] = ['cluster', 'endpoint'];
const routeTypes: readonly XdsType[] = ['listener', 'route', 'extension', 'virtualHost', 'secret'];

/**
 * What one proxy is sent, and when: a pure state machine over its subscriptions, driven by `ProxyStream`.
 *
 *            change                    CDS, EDS acknowledged            LDS, RDS, VHDS acknowledged
 *   (idle) ─────────► clusters, CLAs ──────────────────────► routes … ─────────────────────────────► (idle)
 *                                     or patience is over                        └─ after `graceMs`: clusters go
 *
 * A push is of one moment (`world`), whatever changes meanwhile; that is the next push. Questions are answered at once
 * and from the moment of the push under way, or else a later part of it would take back what was answered.
 */
export class PushPlan {
  readonly #subscriptions = new Map<XdsType, DeltaSubscription>();
  readonly #protocol: 'delta' | 'sotw';
  readonly #times: PlanTimes;
  readonly #unasked: UnaskedNames;
  /** By type, from the first request on. */
  readonly #given = new Map<XdsType, ReadonlySet<string>>();
  #dirty = false;
  #push: Push | undefined;
  #nonce = 0;
  #lastStep = Number.NEGATIVE_INFINITY;
  /** Clusters by the time that they may go. */
  readonly #leaving = new Map<string, number>();
  /**
   * EDS names of written clusters, until their CLA is sent after them. After a write Envoy keeps a cluster warming
   * for want of endpoints although it has them, and does not ask (envoy-facts §0).
   */
  readonly #staleEndpoints = new Set<string>();
  /** Route configurations with VHDS that Envoy got nothing by VHDS for: their listeners wait (envoy-facts §3). */
  readonly #uninitialised = new Set<string>();
  /** Route configurations that Envoy did not have until now: hosts that were sent before were lost on it. */
  readonly #fresh = new Set<string>();

  constructor(
    protocol: 'delta' | 'sotw' = 'delta',
    times: PlanTimes = defaultTimes,
    unasked: UnaskedNames = () => noNames,
  ) {
    this.#protocol = protocol;
    this.#times = times;
    this.#unasked = unasked;
  }

  get subscriptions(): ReadonlyMap<XdsType, DeltaSubscription> {
    return this.#subscriptions;
  }

  /** When `step` has something to do although nothing happens. */
  get wakeAt(): number | undefined {
    const times = [...this.#leaving.values(), ...(this.#push === undefined ? [] : [this.#push.deadline])];
    return times.length === 0 ? undefined : Math.min(...times);
  }

  get idle(): boolean {
    return this.#push === undefined && !this.#dirty;
  }

  /** Idle, every response is answered, and no cluster waits for its end. */
  get settled(): boolean {
    if (!this.idle || this.#leaving.size > 0) return false;
    return [...this.#subscriptions.values()].every(({ unanswered }) => unanswered.size === 0);
  }

  change(): void {
    this.#dirty = true;
  }

  /** Names that a client asks for, or no longer; the answer is what it waits for. */
  request(type: XdsType, changes: NameChanges, current: ProxyResources, now: number): Outgoing[] {
    const world = this.#push?.world ?? current;
    const known = this.#subscriptions.get(type);
    const subscription = known ?? new DeltaSubscription(type, this.#protocol);
    this.#subscriptions.set(type, subscription);
    subscription.request(changes);
    if (known === undefined) this.#begin(type, changes, world);
    const out: Outgoing[] = [];
    if (type === 'cluster') this.#implyClusters(world);
    if (type === 'endpoint') subscription.force(this.#staleEndpoints);
    const answer = subscription.answer(world);
    if (answer !== undefined) this.#answer(out, type, answer, { world, now });
    if (type === 'route' || type === 'virtualHost') this.#initialise(out, { world, now });
    return out;
  }

  /** A client that came back works with what it has: what changed meanwhile goes in the order of a push. */
  #begin(type: XdsType, changes: NameChanges, world: ProxyResources): void {
    if (changes.initialVersions.size > 0) this.#dirty = true;
    if (this.#protocol === 'delta') this.#given.set(type, this.#unasked(type, changes.initialVersions.keys()));
    if (type !== 'virtualHost') return;
    this.#subscriptions.get(type)?.imply(this.#given.get(type) ?? noNames);
    const routes = this.#subscriptions.get('route')?.desired(world);
    for (const route of routes?.named.values() ?? []) if (route.hasVhds === true) this.#uninitialised.add(route.name);
  }

  #answer(out: Outgoing[], type: XdsType, answer: Delta, at: Moment): void {
    if (type === 'route' || type === 'virtualHost') this.#sendRequired(out, answer, at);
    const removed = type === 'cluster' ? answer.removed : leavingAtOnce(type, answer);
    if (type === 'cluster' && answer.retired.length > 0) this.#dirty = true;
    this.#send(out, type, { ...answer, removed }, at);
    if (type === 'cluster') this.#sendStaleEndpoints(out, at);
  }

  /** Mirror targets of what is about to be sent: on_demand looks at a route's own cluster alone. */
  #sendRequired(out: Outgoing[], answer: Shortfall, at: Moment): void {
    const clusters = this.#subscriptions.get('cluster');
    const required = requiredBy(answer.resources);
    if (clusters === undefined || required.size === 0) return;
    this.#implyClusters(at.world);
    const { named, set } = clusters.desired(at.world);
    const lacking = [...required]
      .filter((name) => clusters.holdings.version(name) === undefined)
      .flatMap((name) => named.get(name) ?? set.get(name) ?? []);
    if (lacking.length === 0) return;
    this.#send(out, 'cluster', { resources: lacking, removed: [] }, at);
    this.#sendStaleEndpoints(out, at);
  }

  #implyClusters(world: ProxyResources): void {
    const desired = (['route', 'virtualHost'] as const).flatMap((type) => {
      const found = this.#subscriptions.get(type)?.desired(world);
      return found === undefined ? [] : [requiredBySet(found.set), requiredBy(found.named.values())];
    });
    this.#subscriptions.get('cluster')?.imply(union([...desired, this.#given.get('cluster') ?? noNames]));
  }

  #sendStaleEndpoints(out: Outgoing[], at: Moment): void {
    const endpoints = this.#subscriptions.get('endpoint');
    endpoints?.force(this.#staleEndpoints);
    const answer = endpoints?.answer(at.world);
    if (answer !== undefined) this.#send(out, 'endpoint', answer, at);
  }

  /** After the route configurations, never before: Envoy subscribes to VHDS when it has read them. */
  #initialise(out: Outgoing[], at: Moment): void {
    const hosts = this.#subscriptions.get('virtualHost');
    if (hosts === undefined || this.#uninitialised.size + this.#fresh.size === 0) return;
    const lost = this.#fresh.size === 0 ? [] : this.#lostHosts(hosts, at.world);
    this.#fresh.clear();
    this.#send(out, 'virtualHost', { resources: lost, removed: [] }, at);
  }

  #noteFresh(routes: readonly EncodedResource[]): void {
    if (!this.#subscriptions.has('virtualHost')) return;
    const held = this.#subscriptions.get('route')?.holdings;
    for (const { name, hasVhds } of routes)
      if (hasVhds === true && held?.version(name) === undefined) this.#fresh.add(name);
  }

  /** Hosts that are taken for held, of route configurations that came after them. */
  #lostHosts(hosts: DeltaSubscription, world: ProxyResources): readonly EncodedResource[] {
    const { named, set } = hosts.desired(world);
    const isLost = (name: string) =>
      this.#fresh.has(name.slice(0, name.indexOf('/'))) && hosts.holdings.version(name) !== undefined;
    const found = new Map([...set, ...named].filter(([name]) => isLost(name)));
    return [...found.values()];
  }

  #send(out: Outgoing[], type: XdsType, delta: Shortfall & Pick<Delta, 'set'>, { world, now }: Moment): void {
    this.#nonce += 1;
    const nonce = this.#nonce.toString(36);
    const removed = type === 'virtualHost' ? this.#withInitials(delta) : delta.removed;
    if (type === 'route') this.#noteFresh(delta.resources);
    this.#subscriptions.get(type)?.sent({ ...delta, removed }, nonce, now);
    out.push({ type, nonce, resources: delta.resources, removed, world });
    for (const { name, edsName, hasVhds } of delta.resources) {
      if (edsName !== undefined) this.#staleEndpoints.add(edsName);
      if (hasVhds === true) this.#uninitialised.add(name);
      if (type === 'endpoint') this.#staleEndpoints.delete(name);
      if (type === 'cluster') this.#leaving.delete(name);
    }
    if (type === 'endpoint') for (const name of removed) this.#staleEndpoints.delete(name);
  }

  /** Any VHDS content of a route configuration makes it ready; the removal of what never was is enough. */
  #withInitials({ resources, removed }: Shortfall): readonly string[] {
    if (this.#uninitialised.size === 0) return removed;
    const bare = [...this.#uninitialised].filter(
      (route) => !resources.some(({ name }) => name.startsWith(`${route}/`)),
    );
    this.#uninitialised.clear();
    return [...removed, ...bare.map((route) => `${route}/_init`)];
  }

  /** A response was answered. The answer is what it was guilty of, when it was rejected. */
  answered(type: XdsType, answer: WireAnswer, now: number): readonly EncodedResource[] {
    const subscription = this.#subscriptions.get(type);
    if (answer.error !== undefined) return subscription?.nack(answer.nonce, answer.error, now) ?? [];
    subscription?.ack(answer.nonce, now);
    return [];
  }

  #retry(out: Outgoing[], at: Moment): void {
    for (const [type, subscription] of this.#subscriptions) {
      const retry = subscription.nextRetry();
      if (retry === undefined) continue;
      this.#send(out, type, retry, at);
      if (type === 'cluster') this.#sendStaleEndpoints(out, at);
    }
  }

  /** All that is to be sent now. */
  step(current: ProxyResources, now: number): Outgoing[] {
    this.#follow(now);
    const out: Outgoing[] = [];
    this.#retry(out, { world: this.#push?.world ?? current, now });
    for (;;) {
      if (this.#push === undefined) {
        if (!this.#dirty) break;
        this.#dirty = false;
        this.#beginPush(out, current, now);
      } else if (now < this.#push.deadline && !this.#isSettled(this.#push)) break;
      else if (this.#push.stage === 'clusters') this.#pushRoutes(out, this.#push, now);
      else this.#endPush(this.#push, now);
    }
    this.#removeClusters(out, this.#push?.world ?? current, now);
    return out;
  }

  /** The time of day may be set back: what waits for a moment must not wait until that time comes again. */
  #follow(now: number): void {
    const back = this.#lastStep - now;
    this.#lastStep = now;
    if (back <= 0) return;
    if (this.#push !== undefined) this.#push.deadline -= back;
    for (const [name, at] of this.#leaving) this.#leaving.set(name, at - back);
  }

  #isSettled({ stage, awaited }: Push): boolean {
    const types = stage === 'clusters' ? clusterTypes : routeTypes;
    if (types.some((type) => this.#subscriptions.get(type)?.busy === true)) return false;
    return stage === 'routes' || ![...awaited].some((name) => this.#staleEndpoints.has(name));
  }

  #beginPush(out: Outgoing[], world: ProxyResources, now: number): void {
    const push: Push = {
      world,
      stage: 'clusters',
      deadline: now + this.#times.patienceMs,
      awaited: new Set(),
      leaving: [],
    };
    this.#push = push;
    this.#implyClusters(world);
    const clusters = this.#subscriptions.get('cluster');
    const delta = clusters?.missing(world);
    if (clusters !== undefined && delta !== undefined) {
      const held = (name: string): boolean => clusters.holdings.version(name) !== undefined;
      // A tombstone in place of a cluster is a removal: it waits for the routes.
      const late = delta.resources.filter(({ name, isTombstone }) => isTombstone === true && held(name));
      const resources = late.length === 0 ? delta.resources : delta.resources.filter((one) => !late.includes(one));
      push.leaving = [...delta.retired, ...late.map(({ name }) => name)];
      push.awaited = new Set(resources.flatMap(({ edsName = [] }) => edsName));
      this.#sendAny(out, 'cluster', { ...delta, resources }, { world, now });
    }
    const endpoints = this.#subscriptions.get('endpoint');
    endpoints?.force(this.#staleEndpoints);
    if (endpoints !== undefined) this.#pushEndpoints(out, endpoints, { world, now });
  }

  /** A cluster that goes keeps its endpoints until it is gone: routes still name it, and requests are on their way. */
  #pushEndpoints(out: Outgoing[], endpoints: DeltaSubscription, at: Moment): void {
    const delta = endpoints.missing(at.world);
    const resources = delta.resources.filter(
      ({ name, standsIn }) => standsIn !== true || endpoints.holdings.version(name) === undefined,
    );
    this.#sendAny(out, 'endpoint', { ...delta, resources, removed: [...delta.removed, ...delta.retired] }, at);
  }

  #pushRoutes(out: Outgoing[], push: Push, now: number): void {
    push.stage = 'routes';
    push.deadline = now + this.#times.patienceMs;
    const at = { world: push.world, now };
    for (const type of routeTypes) {
      const subscription = this.#subscriptions.get(type);
      if (subscription !== undefined) this.#pushType(out, subscription, at);
      if (type === 'virtualHost') this.#initialise(out, at);
    }
  }

  #pushType(out: Outgoing[], subscription: DeltaSubscription, at: Moment): void {
    const delta = subscription.missing(at.world);
    this.#sendAny(out, subscription.type, { ...delta, removed: leavingAtOnce(subscription.type, delta) }, at);
  }

  #sendAny(out: Outgoing[], type: XdsType, delta: Shortfall & Pick<Delta, 'set'>, at: Moment): void {
    if (delta.resources.length > 0 || delta.removed.length > 0) this.#send(out, type, delta, at);
  }

  #endPush(push: Push, now: number): void {
    this.#push = undefined;
    for (const name of push.leaving) {
      if (!this.#leaving.has(name)) this.#leaving.set(name, now + this.#times.graceMs);
    }
  }

  /** Looked at anew: what came back meanwhile stays. */
  #removeClusters(out: Outgoing[], world: ProxyResources, now: number): void {
    const due = [...this.#leaving].filter(([, at]) => at <= now).map(([name]) => name);
    const clusters = this.#subscriptions.get('cluster');
    if (due.length === 0 || clusters === undefined) return;
    for (const name of due) this.#leaving.delete(name);
    const { named, set } = clusters.desired(world);
    const wanted = due.map((name) => ({ name, resource: named.get(name) ?? set.get(name) }));
    const resources = wanted.flatMap(({ name, resource }) =>
      resource?.isTombstone === true && clusters.holdings.version(name) !== resource.version ? [resource] : [],
    );
    const removed = wanted.filter(({ resource }) => resource === undefined).map(({ name }) => name);
    this.#sendAny(out, 'cluster', { resources, removed }, { world, now });
  }
}
