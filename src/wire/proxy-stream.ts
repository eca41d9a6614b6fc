import { OutriggerError } from '../errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type EncodedResource, type ProxyResources, pushOrder, typeUrls, type XdsType } from '../xds/resource.ts';
import type { Clock } from './clock.ts';
import type { Dialect, WireRequest } from './dialect.ts';
import { Fallbacks } from './fallbacks.ts';
import type { Ledger, LedgerView } from './ledger.ts';
import { type Outgoing, type PlanTimes, PushPlan } from './push-plan.ts';
import type { PushQueue } from './push-queue.ts';
import { readableReason } from './rejection.ts';
import type { ProxySession } from './session.ts';
import type { NameChanges } from './subscription.ts';
import type { WireMetrics } from './wire-metrics.ts';

/** What all streams of a server share. */
export interface StreamSurroundings {
  readonly clock: Clock;
  readonly queue: PushQueue;
  readonly ledger: Ledger;
  readonly metrics: WireMetrics;
  readonly log: Logger;
  readonly times?: PlanTimes;
  /** Names that one proxy may ask for, of one type. */
  readonly mostNames?: number;
}

/** The writing half of a stream. */
export interface StreamWriter {
  /** False: not before `drained`. */
  write(message: Buffer): boolean;
  /** Ends the stream: whatever went wrong for this proxy must not reach another. */
  fail(error: unknown): void;
}

export interface StreamIdentity {
  readonly session: ProxySession;
  readonly dialect: Dialect;
  readonly protocol: 'delta' | 'sotw';
  readonly envoyVersion: string;
}

const typesByUrl: ReadonlyMap<string, XdsType> = new Map(pushOrder.map((type) => [typeUrls[type], type]));

/** Plays the push plan of one proxy against its stream. */
export class ProxyStream {
  readonly #writer: StreamWriter;
  readonly #identity: StreamIdentity;
  readonly #with: StreamSurroundings;
  readonly #plan: PushPlan;
  readonly #view: LedgerView;
  readonly #stopListening: () => void;
  readonly #fallbacks = new Fallbacks();
  #writable = true;
  #closed = false;
  #overfull = false;
  /** When the oldest change came that waits for its push, and that of the push under way. */
  #changedAt: number | undefined;
  #pushedChangeAt: number | undefined;
  #cancelTimer: () => void = () => undefined;
  #timerAt: number | undefined;

  constructor(writer: StreamWriter, identity: StreamIdentity, surroundings: StreamSurroundings) {
    this.#writer = writer;
    this.#identity = identity;
    this.#with = surroundings;
    this.#plan = new PushPlan(
      identity.protocol,
      surroundings.times,
      (type, held) => identity.session.unasked?.(type, held) ?? new Set(),
    );
    const { session, protocol, envoyVersion } = identity;
    const subscriptions = this.#plan.subscriptions;
    this.#view = {
      ...{ proxy: session.proxy, protocol, envoyVersion, connectedAt: surroundings.clock.now(), subscriptions },
      settled: () => this.#changedAt === undefined && this.#plan.settled,
      resources: () => this.#world(),
      delivery: () => session.delivery?.() ?? '',
    };
    surroundings.ledger.open(this.#view);
    this.#stopListening = session.onChange(() => this.#changed());
  }

  #world(): ProxyResources {
    return this.#fallbacks.of(this.#identity.session.current());
  }

  #changed(): void {
    if (this.#closed) return;
    this.#changedAt ??= this.#with.clock.now();
    this.#with.queue.add(this);
  }

  /** Its turn of the queue. */
  push(): void {
    this.#guarded(() => {
      const { metrics, clock } = this.#with;
      const begun = performance.now();
      if (this.#changedAt !== undefined) metrics.queued(clock.now() - this.#changedAt);
      this.#pushedChangeAt ??= this.#changedAt;
      this.#changedAt = undefined;
      this.#plan.change();
      this.#step();
      metrics.pushed(performance.now() - begun);
    });
  }

  drained(): void {
    this.#guarded(() => {
      this.#writable = true;
      this.#step();
    });
  }

  receive(request: WireRequest): void {
    this.#guarded(() => this.#receive(request));
  }

  #guarded(run: () => void): void {
    if (this.#closed) return;
    try {
      run();
    } catch (error) {
      this.#writer.fail(error);
    }
  }

  #receive(request: WireRequest): void {
    const type = typesByUrl.get(request.typeUrl);
    // A type that we have nothing of: Envoy goes on without it after its own timeout.
    if (type === undefined) return;
    this.#with.metrics.request(type);
    if (request.nonce !== '') this.#answered(type, request);
    const world = this.#world();
    const changes = request.changes(type, world);
    if (changes !== undefined && this.#asks(type, changes)) {
      const within = this.#bounded(type, changes);
      this.#identity.session.asked?.(type, within.subscribe);
      this.#write(this.#plan.request(type, within, world, this.#with.clock.now()));
    }
    this.#step();
  }

  /** An ACK says nothing of names; the first request may name nothing and yet mean something. */
  #asks(type: XdsType, { subscribe, unsubscribe }: NameChanges): boolean {
    return subscribe.length > 0 || unsubscribe.length > 0 || !this.#plan.subscriptions.has(type);
  }

  #answered(type: XdsType, { nonce, error }: WireRequest): void {
    const { clock, metrics, ledger } = this.#with;
    this.#identity.dialect.answered(type, nonce, error === undefined ? 'taken' : 'rejected');
    const sent = this.#plan.subscriptions.get(type)?.unanswered.get(nonce);
    const guilty = this.#plan.answered(type, { nonce, error }, clock.now());
    if (error === undefined) {
      for (const resource of sent?.resources ?? []) this.#took(type, resource);
      return;
    }
    metrics.rejection(type);
    const reason = readableReason(error);
    for (const resource of guilty) {
      // Of trials the outcome is said.
      if (resource.patched === undefined || resource.patched.leftOut.length === 0)
        ledger.reject({ proxy: this.#identity.session.proxy, type, resource, reason });
      if (this.#fallbacks.refused(resource)) this.#plan.change();
    }
  }

  #took(type: XdsType, resource: EncodedResource): void {
    const rejected = this.#plan.subscriptions.get(type)?.rejected.get(resource.name);
    if (rejected?.leftOut === undefined) return;
    const { proxy } = this.#identity.session;
    this.#with.ledger.takenWithout({ proxy, type, resource, reason: rejected.reason }, rejected.leftOut);
  }

  /** A client of the proxy may make up hosts without end; each is a name for ever. */
  #bounded(type: XdsType, changes: NameChanges): NameChanges {
    const { mostNames = 20_000, log } = this.#with;
    const room = mostNames - (this.#plan.subscriptions.get(type)?.size ?? 0);
    if (changes.subscribe.length <= room) return changes;
    if (!this.#overfull) {
      const error = new OutriggerError(
        'OR2009',
        `${this.#identity.session.proxy} asks for more than ${mostNames} of ${type}`,
      );
      log.warn({ code: error.code, proxy: this.#identity.session.proxy, type }, error.message);
    }
    this.#overfull = true;
    return { ...changes, subscribe: changes.subscribe.slice(0, Math.max(0, room)) };
  }

  #step(): void {
    if (!this.#writable) return;
    const { clock } = this.#with;
    this.#write(this.#plan.step(this.#world(), clock.now()));
    if (this.#plan.idle && this.#pushedChangeAt !== undefined) {
      this.#with.metrics.converged(clock.now() - this.#pushedChangeAt);
      this.#pushedChangeAt = undefined;
    }
    this.#arm();
  }

  #write(responses: readonly Outgoing[]): void {
    for (const response of responses) {
      const { type, nonce, resources } = response;
      const subscription = this.#plan.subscriptions.get(type);
      if (this.#closed || subscription === undefined) return;
      const message = this.#identity.dialect.write(response, subscription);
      if (message === undefined) {
        this.#plan.answered(type, { nonce, error: undefined }, this.#with.clock.now());
        continue;
      }
      this.#with.metrics.response(type, resources.length, message.length);
      if (!this.#writer.write(message)) this.#writable = false;
    }
  }

  #arm(): void {
    const { wakeAt } = this.#plan;
    if (wakeAt === this.#timerAt) return;
    this.#cancelTimer();
    this.#timerAt = wakeAt;
    if (wakeAt === undefined) return;
    this.#cancelTimer = this.#with.clock.after(Math.max(1, wakeAt - this.#with.clock.now()), () => {
      this.#timerAt = undefined;
      this.#guarded(() => this.#step());
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelTimer();
    this.#stopListening();
    this.#with.queue.remove(this);
    this.#with.ledger.close(this.#view);
    this.#identity.session.close();
  }
}
