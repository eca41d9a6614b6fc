import { OutriggerError } from '../../errors.ts';
import { isObject, type JsonObject } from '../../model/json.ts';
import { textAt } from '../../model/json-fields.ts';
import { dialectKindOf } from '../../schema/dialect-kinds.ts';
import { objectKey, type SourceObject } from '../object-source.ts';
import { type Clock, systemClock } from './clock.ts';
import type { KubeAnswer, KubeConnection, KubeRequest } from './connection.ts';
import { isUpToDate, mergedStatus } from './merged-status.ts';

/** What an object's status is to say of what we made of it. */
export interface WantedStatus {
  /** With its status as it is. */
  readonly source: SourceObject;
  readonly status: JsonObject;
}

export interface StatusWriterOptions {
  readonly connection: Pick<KubeConnection, 'json'>;
  /** Of several replicas one writes. */
  readonly leads: () => boolean;
  /** Each once until a write succeeds again: OR2576. */
  readonly onProblem: (error: OutriggerError) => void;
  readonly clock?: Clock;
}

/** Milliseconds until what was refused is tried again. */
const retryMs = 30_000;
/** So often the same is said to one object within so many milliseconds. */
const mostWrites = 3;
const contestedMs = 10 * 60_000;
const mostKept = 10_000;

interface Writes {
  readonly status: string;
  readonly at: readonly number[];
}

/**
 * Writes the statuses of Gateway API and Ingress, one after the other, where they are not as they should be. It goes by
 * the objects as the source has them: what another changes there is put right, and a write that came true asks for no other.
 */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #clock: Clock;
  #wanted: readonly WantedStatus[] = [];
  readonly #writes = new Map<string, Writes>();
  /** Objects that are themselves refused, until when, and why. */
  readonly #aside = new Map<string, { readonly until: number; readonly why: string }>();
  #quietUntil = 0;
  #running = false;
  #again = false;
  #isTold = false;
  #cancel: () => void = () => undefined;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** All of them, as they are to be from now on. Returns at once. */
  want(statuses: readonly WantedStatus[]): void {
    this.#wanted = statuses;
    this.kick();
  }

  /** Looks again, as when this replica has become the leader. */
  kick(): void {
    this.#again = true;
    if (!this.#running) void this.#run();
  }

  stop(): void {
    this.#wanted = [];
    this.#cancel();
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    this.#running = true;
    while (this.#again && this.#options.leads() && this.#clock.now() >= this.#quietUntil) {
      this.#again = false;
      for (const one of this.#wanted) if (this.#mayWrite(one)) await this.#settle(one);
    }
    this.#running = false;
  }

  #mayWrite(one: WantedStatus): boolean {
    return this.#options.leads() && this.#wanted.includes(one) && this.#clock.now() >= this.#quietUntil;
  }

  /** Never rejects. */
  async #settle(one: WantedStatus): Promise<void> {
    try {
      if (this.#isDue(one)) await this.#write(one);
    } catch (error) {
      if (error instanceof NoAnswer) this.#fail(error);
      else this.#setAside(one, error);
    }
  }

  #isDue(one: WantedStatus): boolean {
    const { until = 0 } = this.#aside.get(objectKey(one.source)) ?? {};
    if (this.#clock.now() < until) return false;
    return !isUpToDate(statusOf(one.source.object), one.status) && !this.#isContested(one);
  }

  /** Under the version that was read, so that another controller's entry is never lost. */
  async #write({ source, status }: WantedStatus): Promise<void> {
    const path = pathOf(source);
    if (path === undefined) return;
    const found = await this.#ask({ method: 'GET', path });
    if (found.status === 404) return;
    if (found.status !== 200 || !isObject(found.body)) throw refused('GET', path, found);
    const actual = statusOf(found.body);
    if (isUpToDate(actual, status)) return;
    this.#count(source, status);
    const now = new Date(this.#clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
    const answer = await this.#ask({
      ...{ method: 'PUT', path: `${path}/status` },
      body: { ...found.body, status: mergedStatus(actual, status, now) },
    });
    // 409: it has changed; the source tells of it, and then it is looked at again.
    if (answer.status >= 300 && answer.status !== 409 && answer.status !== 404)
      throw refused('PUT', `${path}/status`, answer);
    this.#isTold = false;
    this.#aside.delete(objectKey(source));
  }

  async #ask(request: KubeRequest): Promise<KubeAnswer> {
    try {
      return await this.#options.connection.json(request);
    } catch (cause) {
      throw new NoAnswer(cause instanceof Error ? cause.message : String(cause), { cause });
    }
  }

  /** Another writes something else there each time: it is left alone until there is something else to say, or for a while. */
  #isContested({ source, status }: WantedStatus): boolean {
    const before = this.#writes.get(objectKey(source));
    if (before === undefined || before.status !== JSON.stringify(status)) return false;
    return before.at.filter((at) => at > this.#clock.now() - contestedMs).length >= mostWrites;
  }

  #count(source: SourceObject, status: JsonObject): void {
    const [key, text, now] = [objectKey(source), JSON.stringify(status), this.#clock.now()];
    const before = this.#writes.get(key);
    const at = before?.status === text ? before.at.filter((one) => one > now - contestedMs) : [];
    this.#writes.set(key, { status: text, at: [...at, now] });
    if (this.#writes.size > mostKept) this.#writes.delete(this.#writes.keys().next().value ?? '');
  }

  /** One that is refused for what it is keeps no other from its status. */
  #setAside({ source }: WantedStatus, error: unknown): void {
    const key = objectKey(source);
    const why = error instanceof Error ? error.message : String(error);
    const before = this.#aside.get(key);
    if (this.#aside.size > mostKept) this.#aside.clear();
    this.#aside.set(key, { until: this.#clock.now() + retryMs, why });
    this.#later();
    if (before?.why !== why) this.#options.onProblem(new OutriggerError('OR2576', `${key}: ${why}`));
  }

  #later(): void {
    this.#cancel();
    this.#cancel = this.#clock.after(retryMs, () => this.kick());
  }

  #fail({ message }: Error): void {
    this.#quietUntil = this.#clock.now() + retryMs;
    this.#again = true;
    this.#later();
    if (this.#isTold) return;
    this.#isTold = true;
    this.#options.onProblem(new OutriggerError('OR2576', message));
  }
}

function statusOf(object: JsonObject): JsonObject {
  return isObject(object['status']) ? object['status'] : {};
}

function pathOf({ apiVersion, kind, namespace, name, origin }: SourceObject): string | undefined {
  // Istio and Gateway API both have a Gateway: the kind of the key has the group behind it.
  const known = dialectKindOf(apiVersion, origin.kind) ?? dialectKindOf(apiVersion, kind.split('.')[0] ?? kind);
  if (known === undefined) return undefined;
  const space = known.scope === 'cluster' ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `/apis/${apiVersion}${space}/${known.plural}/${encodeURIComponent(name)}`;
}

/** Nothing else would be written either. */
class NoAnswer extends Error {}

function refused(method: string, path: string, { status, body }: { status: number; body: unknown }): Error {
  const said = isObject(body) ? textAt(body, 'message') : '';
  const message = `${method} ${path} answered ${status} ${said}`.trim();
  return isOfTheObject(status) ? new Error(message) : new NoAnswer(message);
}

const isOfTheObject = (status: number): boolean => status >= 400 && status < 500 && ![401, 403, 429].includes(status);
