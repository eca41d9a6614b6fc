import { OutriggerError } from '../../errors.ts';
import { isObject, type JsonObject } from '../../model/json.ts';
import { textAt } from '../../model/json-fields.ts';
import { type Clock, steadyClock } from './clock.ts';
import type { KubeAnswer, KubeConnection } from './connection.ts';

export const leaderLeaseName = 'outrigger-leader';

export interface LeaderLeaseOptions {
  readonly connection: Pick<KubeConnection, 'json'>;
  readonly namespace: string;
  /** Differs from process to process. */
  readonly holder: string;
  /** Each time this replica becomes the leader. */
  readonly onLead: () => void;
  /** Once: OR2576, without the right to the lease nobody ever leads. */
  readonly onProblem?: (error: OutriggerError) => void;
  /** One that nobody sets: a jump of the time of day would make a leader for a day, or end one. */
  readonly clock?: Clock;
  /** Of the day, milliseconds since the epoch: for those who read the lease. */
  readonly today?: () => number;
}

/** Milliseconds. As client-go's defaults: a lease of 15 s, tried every 2 s by others, renewed every 5 s by its holder. */
const leaseMs = 15_000;
const renewMs = 5_000;
const retryMs = 2_000;
/** Until somebody who has no right to it asks again. */
const refusedMs = 60_000;

/**
 * Which replica does what must happen once: https://kubernetes.io/docs/concepts/architecture/leases/. Times of other
 * machines are not compared: a lease is over when it was seen unchanged for as long as it lasts, by this machine's clock.
 * Every write is under the version that was read, so of two who take it over at once one is refused.
 */
export class LeaderLease {
  readonly #options: LeaderLeaseOptions;
  readonly #clock: Clock;
  #leadsUntil = Number.NEGATIVE_INFINITY;
  #seen: { readonly version: string; readonly at: number } | undefined;
  #lease: JsonObject | undefined;
  #cancel: () => void = () => undefined;
  #stopped = false;
  #isTold = false;

  constructor(options: LeaderLeaseOptions) {
    this.#options = options;
    this.#clock = options.clock ?? steadyClock;
  }

  /** Ends by itself where the lease was not renewed in time. */
  get leads(): boolean {
    return !this.#stopped && this.#clock.now() < this.#leadsUntil;
  }

  start(signal: AbortSignal): void {
    signal.addEventListener('abort', () => this.#stop(), { once: true });
    void this.#turn();
  }

  /** Never rejects. */
  async #turn(): Promise<void> {
    const before = this.leads;
    try {
      await this.#try();
    } catch {
      // No answer: whoever leads goes on until its time is over.
    }
    if (this.#stopped) return;
    if (this.leads && !before) this.#options.onLead();
    this.#cancel = this.#clock.after(
      this.#isTold ? refusedMs : this.leads ? renewMs : retryMs,
      () => void this.#turn(),
    );
  }

  async #try(): Promise<void> {
    const asked = this.#clock.now();
    const found = this.leads ? this.#lease : await this.#read();
    if (found === undefined || (!this.#isMine(found) && !this.#isOver(found))) return;
    const answer = await this.#write(found);
    if (answer.status < 300 && isObject(answer.body)) {
      this.#isTold = false;
      this.#take(answer.body, asked);
    } else if (answer.status === 401 || answer.status === 403) this.#refused(`the Lease answered ${answer.status}`);
    // Somebody else has written: read it before the next turn.
    else if (answer.status === 409 || answer.status === 404) this.#leadsUntil = Number.NEGATIVE_INFINITY;
  }

  async #read(): Promise<JsonObject | undefined> {
    const { status, body } = await this.#options.connection.json({ method: 'GET', path: this.#path });
    if (status === 401 || status === 403) this.#refused(`GET ${this.#path} answered ${status}`);
    if (status === 404) return {};
    return status === 200 && isObject(body) ? body : undefined;
  }

  #refused(message: string): void {
    if (this.#isTold) return;
    this.#isTold = true;
    this.#options.onProblem?.(new OutriggerError('OR2576', message));
  }

  #isMine(lease: JsonObject): boolean {
    return textAt(lease, 'spec', 'holderIdentity') === this.#options.holder;
  }

  #isOver(lease: JsonObject): boolean {
    if (textAt(lease, 'spec', 'holderIdentity') === '') return true;
    const version = textAt(lease, 'metadata', 'resourceVersion');
    const now = this.#clock.now();
    if (this.#seen?.version !== version) this.#seen = { version, at: now };
    return now - this.#seen.at >= leaseMs;
  }

  /** A missing one is made by server-side apply, so that the right to create can be bound to the one name. */
  #write(found: JsonObject): Promise<KubeAnswer> {
    const { connection, namespace, holder, today = Date.now } = this.#options;
    const time = new Date(today()).toISOString().replace('Z', '000Z');
    const version = textAt(found, 'metadata', 'resourceVersion');
    const lease = {
      ...{ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' },
      metadata: { name: leaderLeaseName, namespace, ...(version === '' ? {} : { resourceVersion: version }) },
      spec: { holderIdentity: holder, leaseDurationSeconds: leaseMs / 1000, renewTime: time },
    };
    const path = this.#path;
    if (version !== '') return connection.json({ method: 'PUT', path, body: lease });
    const query = { fieldManager: `outrigger.${holder}`.slice(0, 128) };
    return connection.json({ method: 'PATCH', path, query, contentType: 'application/apply-patch+yaml', body: lease });
  }

  /** Counted from before the question: the API server's time is later. */
  #take(lease: JsonObject, asked: number): void {
    this.#lease = lease;
    this.#leadsUntil = asked + leaseMs;
  }

  /** The next one need not wait. */
  #stop(): void {
    const held = this.leads ? this.#lease : undefined;
    this.#stopped = true;
    this.#cancel();
    if (held === undefined) return;
    const spec = { ...(isObject(held['spec']) ? held['spec'] : {}), holderIdentity: '' };
    const body = { ...held, spec };
    this.#options.connection.json({ method: 'PUT', path: this.#path, body, timeoutMs: 1_000 }).catch(() => undefined);
  }

  get #path(): string {
    const namespace = encodeURIComponent(this.#options.namespace);
    return `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${leaderLeaseName}`;
  }
}
