import { type Clock, systemClock } from '../kubernetes/clock.ts';
import type { KubeConnection } from '../kubernetes/connection.ts';
import { type AdmissionOutcome, describeOutcome, type Notice } from './describe-outcome.ts';
import { type Allowed, defaultRateLimits, RateLimiter, type RateLimits } from './rate-limiter.ts';

export interface EventEmitterOptions {
  readonly connection: KubeConnection;
  /** Which replica speaks: the pod's own name. */
  readonly instance: string;
  /** Unique from one process to the next; with a counter it makes the names of the Events. */
  readonly nameSuffix: () => string;
  readonly clock?: Clock;
  readonly limits?: RateLimits;
  /** Events waiting to be sent; what comes above is dropped. */
  readonly queueLimit?: number;
  readonly onProblem?: (problem: { reason: 'full' | 'refused' | 'unreachable'; message: string }) => void;
}

export interface EventCounts {
  readonly posted: number;
  readonly dropped: number;
  readonly failed: number;
}

/** How often what was held back is looked at; milliseconds. */
const flushEveryMs = 15_000;

/**
 * Kubernetes Events about pods that were skipped, refused or warned. `offer` returns at once and never throws:
 * nothing here can hold up or change an admission. Core v1 Events, since only they take a count when they are created;
 * so the right to create is the only one needed.
 */
export class EventEmitter {
  readonly #options: EventEmitterOptions;
  readonly #limiter: RateLimiter<Notice>;
  readonly #queue: Allowed<Notice>[] = [];
  readonly #counts = { posted: 0, dropped: 0, failed: 0 };
  #sending = false;
  #signal: AbortSignal | undefined;
  #cancelFlush: () => void = () => undefined;

  constructor(options: EventEmitterOptions) {
    this.#options = options;
    this.#limiter = new RateLimiter(options.limits ?? defaultRateLimits);
  }

  get counts(): EventCounts {
    return { ...this.#counts };
  }

  /** Before `start`, what is offered waits in the queue. */
  start(signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#signal = signal;
    this.#flushLater();
    signal.addEventListener('abort', () => this.#cancelFlush(), { once: true });
    this.#send();
  }

  offer(outcome: AdmissionOutcome): void {
    const notice = describeOutcome(outcome);
    if (notice === undefined) return;
    const { about, note, reason, namespace } = notice;
    const owner = [namespace, about.kind, about.name, about.uid ?? ''].join('/');
    // Pods of one owner differ in their names only: one sentence, and a count.
    const sentence = `${reason} ${note.slice(note.indexOf(':'))}`;
    const allowed = this.#limiter.offer({ owner, sentence, subject: notice }, this.#now());
    if (allowed !== undefined) this.#enqueue(allowed);
  }

  #now(): number {
    return (this.#options.clock ?? systemClock).now();
  }

  #enqueue(allowed: Allowed<Notice>): void {
    if (this.#queue.length >= (this.#options.queueLimit ?? 200)) {
      this.#counts.dropped++;
      this.#options.onProblem?.({ reason: 'full', message: 'the queue of Events is full' });
      return;
    }
    this.#queue.push(allowed);
    this.#send();
  }

  #flushLater(): void {
    this.#cancelFlush = (this.#options.clock ?? systemClock).after(flushEveryMs, () => {
      for (const allowed of this.#limiter.due(this.#now())) this.#enqueue(allowed);
      this.#flushLater();
    });
  }

  /** One at a time; a failed one is not tried again: the next of its kind says the same. */
  async #send(): Promise<void> {
    if (this.#sending || this.#signal === undefined) return;
    this.#sending = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      if (this.#signal.aborted) break;
      await this.#post(next);
    }
    this.#sending = false;
  }

  async #post(allowed: Allowed<Notice>): Promise<void> {
    const { connection, onProblem } = this.#options;
    try {
      // Whoever reaches the webhook names the namespace: of half a character there is no path.
      const path = `/api/v1/namespaces/${encodeURIComponent(allowed.subject.namespace)}/events`;
      const answer = await connection.json({ method: 'POST', path, body: this.#body(allowed) });
      if (answer.status < 300) {
        this.#counts.posted++;
        return;
      }
      if (answer.status === 401) connection.reload();
      this.#counts.failed++;
      onProblem?.({ reason: 'refused', message: `POST ${path} answered ${answer.status}` });
    } catch (error) {
      this.#counts.failed++;
      onProblem?.({ reason: 'unreachable', message: error instanceof Error ? error.message : String(error) });
    }
  }

  /** https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/ in its core v1 form. */
  #body({ subject, count, firstMs, lastMs }: Allowed<Notice>): unknown {
    const { about, namespace } = subject;
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${about.name.slice(0, 200)}.${this.#options.nameSuffix()}`, namespace },
      involvedObject: { ...about, namespace },
      type: subject.type,
      reason: subject.reason,
      message: subject.note,
      source: { component: 'outrigger', host: this.#options.instance },
      reportingComponent: 'outrigger',
      reportingInstance: this.#options.instance,
      action: 'Injecting',
      count,
      firstTimestamp: new Date(firstMs).toISOString(),
      lastTimestamp: new Date(lastMs).toISOString(),
    };
  }
}
