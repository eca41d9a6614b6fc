import { OutriggerError } from '../errors.ts';
import { type ObjectChanges, objectKey, type SourceObject } from '../source/object-source.ts';
import { type EmergencyCluster, emergencyPath, writeEvent } from './cluster.ts';
import { type EmergencyDues, type EmergencyNews, emergencyDues, eventName, eventOf, whatOf } from './record.ts';
import { type EmergencyState, stateOf } from './state.ts';

export interface EmergencyKeeperOptions {
  readonly cluster: Pick<EmergencyCluster, 'create' | 'remove'>;
  /** Of several replicas one writes. */
  readonly leadership: {
    readonly leads: boolean;
    start(signal: AbortSignal): void;
    need(): void;
    onLead(listener: () => void): void;
  };
  readonly now: () => number;
  /** Runs once; the answer cancels it. */
  readonly after: (ms: number, run: () => void) => () => void;
  /** OR2565, once until something succeeds again. */
  readonly onProblem: (error: OutriggerError) => void;
}

/** Milliseconds until what was refused is tried again. */
const retryMs = 30_000;
/** So long whoever ends one before its time has to say who they are, before it is told without that. Milliseconds. */
const patienceMs = 5_000;

/** Writes Events of the begin and the end of Emergencies, and removes what is long over: of all replicas the one that leads. */
export class EmergencyKeeper {
  readonly #options: EmergencyKeeperOptions;
  readonly #objects = new Map<string, SourceObject>();
  readonly #told = new Set<string>();
  #cancel: () => void = () => {};
  #running = false;
  #again = false;
  #stopped = false;
  #isReported = false;

  constructor(options: EmergencyKeeperOptions) {
    this.#options = options;
    options.leadership.onLead(() => this.#kick());
  }

  start(signal: AbortSignal): void {
    signal.addEventListener('abort', () => this.#stop(), { once: true });
    this.#options.leadership.start(signal);
  }

  /** All changes of objects; those of other kinds are nothing to it. Returns at once. */
  apply({ upserts, removals }: ObjectChanges): void {
    const own = upserts.filter(({ kind }) => kind === 'Emergency');
    const gone = removals.filter((key) => this.#objects.has(key));
    for (const key of gone) this.#forget(key);
    for (const object of own) this.#objects.set(objectKey(object), object);
    if (own.length === 0 && gone.length === 0) return;
    if (this.#objects.size > 0) this.#options.leadership.need();
    this.#kick();
  }

  #forget(key: string): void {
    const state = this.#stateOf(this.#objects.get(key));
    this.#objects.delete(key);
    if (state === undefined) return;
    for (const news of ['begun', 'over'] as const) this.#told.delete(eventName(state.uid, news));
    if (!state.inForce) return;
    this.#options.after(patienceMs, () => {
      if (!this.#options.leadership.leads) return;
      // Nothing can be written in a namespace that goes with it.
      this.#write(state, 'over', `${whatOf(state)} was ended before its time`).catch(() => undefined);
    });
  }

  #kick(): void {
    this.#again = true;
    if (!this.#running && !this.#stopped) void this.#run();
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    this.#running = true;
    while (this.#again && !this.#stopped) {
      this.#again = false;
      const dues = this.#dues();
      this.#wait(dues);
      if (this.#options.leadership.leads) await this.#settle(dues);
    }
    this.#running = false;
  }

  async #settle({ events, removals }: EmergencyDues): Promise<void> {
    const { cluster } = this.#options;
    for (const { state, news, message } of events)
      await this.#try(async () => {
        await this.#write(state, news, message);
        this.#told.add(eventName(state.uid, news));
      });
    for (const { namespace, name, uid } of removals)
      await this.#try(async () => void (await cluster.remove(emergencyPath(namespace, name), { uid })));
  }

  #dues(): EmergencyDues {
    const states = [...this.#objects.values()].flatMap((object) => this.#stateOf(object) ?? []);
    return emergencyDues(states, this.#told, new Date(this.#options.now()));
  }

  #wait({ nextAt }: EmergencyDues): void {
    const { now, after } = this.#options;
    this.#cancel();
    if (nextAt !== undefined) this.#cancel = after(nextAt - now() + 1, () => this.#kick());
  }

  async #write(state: EmergencyState, news: EmergencyNews, message: string): Promise<void> {
    const { cluster, now } = this.#options;
    await writeEvent(cluster, eventOf(state, { news, message }, new Date(now())), state.namespace);
  }

  async #try(act: () => Promise<void>): Promise<void> {
    try {
      await act();
      this.#isReported = false;
    } catch (error) {
      this.#cancel();
      this.#cancel = this.#options.after(retryMs, () => this.#kick());
      if (this.#isReported) return;
      this.#isReported = true;
      const why = error instanceof Error ? error.message : String(error);
      this.#options.onProblem(new OutriggerError('OR2565', why, { cause: error }));
    }
  }

  #stateOf(object: SourceObject | undefined): EmergencyState | undefined {
    const state = object === undefined ? undefined : stateOf(object.object, new Date(this.#options.now()));
    return state === undefined || state.uid === '' ? undefined : state;
  }

  #stop(): void {
    this.#stopped = true;
    this.#cancel();
  }
}
