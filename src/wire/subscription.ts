import type { Origin } from '../model/origin.ts';
import type { EncodedResource, ProxyResources, ResourceSet, XdsType } from '../xds/resource.ts';
import { Holdings, type Shortfall, unknownVersion } from './holdings.ts';
import { judge, readableReason, type SentResponse } from './rejection.ts';
import { emptySet } from './set-difference.ts';
import { type Wanted, wantedByName } from './wanted.ts';

/** A content that the client rejected. It is not sent again until it changes. */
export interface Rejected {
  readonly resource: EncodedResource;
  readonly reason: string;
  readonly at: number;
  /** Patches without which the client took it since; undefined: it has the last good content, or none. */
  readonly leftOut?: readonly Origin[];
}

/** What a response should hold. */
export interface Delta extends Shortfall {
  /** Held by the client, and gone. Apart from `removed`, as clusters go later than the routes that name them. */
  readonly retired: readonly string[];
  /** The wildcard set that this leads to; undefined: an answer to some names only. */
  readonly set?: ResourceSet;
}

export interface NameChanges {
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  readonly initialVersions: ReadonlyMap<string, string>;
}

/** Types whose first request means "everything" when it names nothing (the form of Envoy before `*`). */
const legacyWildcard: ReadonlySet<XdsType> = new Set(['cluster', 'listener', 'virtualHost']);

/**
 * One type on one incremental stream: names, what the client holds, what it was sent and has not answered.
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#incremental-xds
 *
 *   request ──► names, `due` ──► answer() ──► sent(nonce) ──► ack(nonce)
 *   change ───────────────────► missing() ─┘              └──► nack(nonce) ──► guilty: withheld; others: retries
 *
 * Names stay asked for until the client says otherwise, whether there is such a thing now or not: Envoy never asks
 * twice for what it asked for on demand.
 */
export class DeltaSubscription {
  readonly type: XdsType;
  readonly protocol: 'delta' | 'sotw';
  readonly #holdings = new Holdings();
  readonly #names = new Set<string>();
  #wildcard = false;
  #begun = false;
  /** The whole of the answer to the first request is due, even when it is empty. */
  #allDue = false;
  /** Names to be answered whatever the client holds. */
  readonly #due = new Set<string>();
  /** As #due, for a client that came back: answered only when it does not hold the resource. */
  readonly #dueIfMissing = new Set<string>();
  readonly #unanswered = new Map<string, SentResponse>();
  readonly #retries: Shortfall[] = [];
  readonly #rejected = new Map<string, Rejected>();
  #sentAt: number | undefined;
  #acknowledgedAt: number | undefined;
  #sentNonce: string | undefined;
  #acknowledgedNonce: string | undefined;
  #implied: ReadonlySet<string> = new Set();
  #wanted: { readonly of: ProxyResources; readonly wanted: Wanted } | undefined;

  constructor(type: XdsType, protocol: 'delta' | 'sotw' = 'delta') {
    this.type = type;
    this.protocol = protocol;
  }

  get size(): number {
    return this.#names.size;
  }

  get wildcard(): boolean {
    return this.#wildcard;
  }

  get unanswered(): ReadonlyMap<string, SentResponse> {
    return this.#unanswered;
  }

  get rejected(): ReadonlyMap<string, Rejected> {
    return this.#rejected;
  }

  /** When a response was last written, and when one was last taken; undefined: never on this stream. */
  get times(): { readonly sent: number | undefined; readonly acknowledged: number | undefined } {
    return { sent: this.#sentAt, acknowledged: this.#acknowledgedAt };
  }

  /** Of the last response that was written, and of the last one that was taken. */
  get nonces(): { readonly sent: string | undefined; readonly acknowledged: string | undefined } {
    return { sent: this.#sentNonce, acknowledged: this.#acknowledgedNonce };
  }

  get holdings(): Holdings {
    return this.#holdings;
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** Names that the client does not ask for and yet needs: the targets of mirrors. */
  imply(names: ReadonlySet<string>): void {
    if (names === this.#implied) return;
    this.#implied = names;
    this.#wanted = undefined;
  }

  request({ subscribe, unsubscribe, initialVersions }: NameChanges): void {
    const first = !this.#begun;
    this.#begun = true;
    if (first) {
      this.#wildcard = subscribe.length === 0 && legacyWildcard.has(this.type);
      for (const [name, version] of initialVersions) this.#holdings.put(name, version);
      this.#allDue = initialVersions.size === 0;
    }
    for (const name of subscribe) this.#subscribe(name, first ? this.#dueIfMissing : this.#due);
    for (const name of unsubscribe) this.#unsubscribe(name);
    this.#wanted = undefined;
  }

  #subscribe(name: string, due: Set<string>): void {
    if (name === '*') {
      if (!this.#wildcard && due === this.#due) this.#allDue = true;
      this.#wildcard = true;
    } else {
      this.#names.add(name);
      due.add(name);
    }
  }

  #unsubscribe(name: string): void {
    if (name === '*') this.#endWildcard();
    if (!this.#names.delete(name)) return;
    this.#due.delete(name);
    this.#dueIfMissing.delete(name);
    // The client has dropped it. Under a wildcard it must be told whether it is to have it all the same.
    if (this.#wildcard) this.#due.add(name);
    else this.#holdings.put(name, undefined);
  }

  #endWildcard(): void {
    if (!this.#wildcard) return;
    this.#wildcard = false;
    const own = new Set([...this.#names, ...(this.#wanted?.wanted.nameOf.values() ?? [])]);
    const dropped = [...this.#holdings.names()].filter((name) => !own.has(name));
    this.#holdings.apply({ resources: [], removed: dropped }, emptySet);
  }

  /** What the last requests ask for, and nothing else: undefined when they ask for nothing. */
  answer(resources: ProxyResources): Delta | undefined {
    if (this.#allDue) return this.missing(resources);
    if (this.#due.size === 0 && this.#dueIfMissing.size === 0) return undefined;
    const { wanted, set } = this.#wantedOf(resources);
    const found = new Map<string, EncodedResource>();
    const removed = new Set<string>();
    const look = (asked: string, ifMissing: 'ifMissing' | 'always'): void => {
      const name = wanted.nameOf.get(asked) ?? asked;
      const resource = wanted.resources.get(name) ?? set.get(name);
      if (ifMissing === 'ifMissing' && this.#holdings.version(name) !== undefined) return;
      if (resource === undefined) removed.add(name);
      else if (!this.#isRejected(resource)) found.set(name, resource);
    };
    for (const name of this.#dueIfMissing) look(name, 'ifMissing');
    for (const name of this.#due) look(name, 'always');
    this.#due.clear();
    this.#dueIfMissing.clear();
    if (found.size === 0 && removed.size === 0) return undefined;
    return { resources: [...found.values()], removed: [...removed], retired: [] };
  }

  /** All that the client lacks or has too much, what is due included. */
  missing(resources: ProxyResources): Delta {
    const { wanted, set } = this.#wantedOf(resources);
    this.#forgetMended(wanted, set);
    const due = this.#dueNow(wanted, set);
    const shortfall = this.#holdings.shortfall(set, wanted.resources);
    this.#allDue = false;
    this.#due.clear();
    this.#dueIfMissing.clear();
    if (due.resources.length === 0 && due.removed.length === 0 && this.#rejected.size === 0) {
      return { resources: shortfall.resources, removed: [], retired: shortfall.removed, set };
    }
    const all = new Map(shortfall.resources.map((resource) => [resource.name, resource]));
    for (const resource of due.resources) all.set(resource.name, resource);
    const gone = new Set(due.removed);
    return {
      resources: [...all.values()].filter((resource) => !this.#isRejected(resource)),
      removed: due.removed,
      retired: shortfall.removed.filter((name) => !gone.has(name)),
      set,
    };
  }

  /** A patch that is gone leads to what the client took without it: there is nothing to send, and nothing that it rejects. */
  #forgetMended(wanted: Wanted, set: ResourceSet): void {
    for (const [name, { leftOut }] of this.#rejected) {
      const resource = wanted.resources.get(name) ?? set.get(name);
      const isWhole = resource?.patched === undefined || resource.patched.leftOut.length === 0;
      if (leftOut !== undefined && isWhole && resource?.version === this.#holdings.version(name))
        this.#rejected.delete(name);
    }
  }

  #dueNow(wanted: Wanted, set: ResourceSet): Shortfall {
    const resources: EncodedResource[] = [];
    const removed = new Set<string>();
    for (const asked of [...this.#due, ...this.#dueIfMissing]) {
      const name = wanted.nameOf.get(asked) ?? asked;
      const resource = wanted.resources.get(name) ?? set.get(name);
      if (resource === undefined && this.#holdings.version(name) === undefined) removed.add(name);
      else if (resource !== undefined && this.#due.has(asked)) resources.push(resource);
    }
    return { resources, removed: [...removed] };
  }

  /** The next answer or push holds these, changed or not. */
  force(names: Iterable<string>): void {
    for (const name of names) if (this.#names.has(name)) this.#due.add(name);
  }

  #wantedOf(resources: ProxyResources): { readonly wanted: Wanted; readonly set: ResourceSet } {
    if (this.#wanted?.of !== resources) {
      const names = this.#implied.size === 0 ? this.#names : new Set([...this.#names, ...this.#implied]);
      this.#wanted = { of: resources, wanted: wantedByName(resources, this.type, names) };
    }
    return { wanted: this.#wanted.wanted, set: this.#wildcard ? resources.wildcard(this.type) : emptySet };
  }

  /** What this client should have of the type. */
  desired(resources: ProxyResources): { readonly named: Wanted['resources']; readonly set: ResourceSet } {
    const { wanted, set } = this.#wantedOf(resources);
    return { named: wanted.resources, set };
  }

  #isRejected(resource: EncodedResource): boolean {
    return this.#rejected.get(resource.name)?.resource.version === resource.version;
  }

  /** `sent` was written under `nonce`; it may hold less than `answer` or `missing` gave. */
  sent(sent: Shortfall & { readonly set?: ResourceSet }, nonce: string, at: number): void {
    this.#holdings.apply(sent, sent.set);
    this.#sentAt = at;
    this.#sentNonce = nonce;
    this.#unanswered.set(nonce, { resources: sent.resources, removed: sent.removed, at });
    for (const name of sent.removed) this.#rejected.delete(name);
  }

  ack(nonce: string, at: number): SentResponse | undefined {
    const sent = this.#unanswered.get(nonce);
    if (this.#unanswered.delete(nonce)) {
      this.#acknowledgedAt = at;
      this.#acknowledgedNonce = nonce;
    }
    if (this.#rejected.size > 0) for (const resource of sent?.resources ?? []) this.#took(resource);
    return sent;
  }

  /** One that it took with fewer patches only stays one that it rejected. */
  #took({ name, patched }: EncodedResource): void {
    const rejected = this.#rejected.get(name);
    const leftOut = patched?.leftOut.map(({ origin }) => origin) ?? [];
    if (rejected !== undefined && leftOut.length > 0) this.#rejected.set(name, { ...rejected, leftOut });
    else this.#rejected.delete(name);
  }

  nack(nonce: string, detail: string, at: number): readonly EncodedResource[] {
    const sent = this.#unanswered.get(nonce);
    this.#unanswered.delete(nonce);
    if (sent === undefined) return [];
    const verdict = judge(this, sent, detail);
    const reason = readableReason(detail);
    for (const resource of verdict.guilty) {
      this.#rejected.set(resource.name, { resource, reason, at });
      // It has the last good one, or nothing: sent again even if the next content is that very one.
      if (this.#holdings.version(resource.name) === resource.version) {
        this.#holdings.put(resource.name, unknownVersion);
      }
    }
    this.#retries.unshift(...verdict.retries);
    return verdict.guilty;
  }

  /** The next part of a rejected response that may be good. One at a time: a later one must not rest on a bad one. */
  nextRetry(): Shortfall | undefined {
    while (this.#unanswered.size === 0) {
      const next = this.#retries.shift();
      if (next === undefined) return undefined;
      const still = this.#stillSent(next);
      if (still.resources.length > 0 || still.removed.length > 0) return still;
    }
    return undefined;
  }

  /** Whether an answer is still to come. */
  get busy(): boolean {
    return this.#unanswered.size > 0 || this.#retries.length > 0;
  }

  /** Without what was overtaken by a later response. */
  #stillSent({ resources, removed }: Shortfall): Shortfall {
    return {
      resources: resources.filter(({ name, version }) => this.#holdings.version(name) === version),
      removed: removed.filter((name) => this.#holdings.version(name) === undefined),
    };
  }
}
