import { OutriggerError } from '../errors.ts';
import type { MachineHealth } from '../model/auto-registration.ts';
import { autoRegistrationGroup, healthAnnotation, seenAtAnnotation } from '../model/auto-registration.ts';
import { textAt, textMapAt } from '../model/json-fields.ts';
import { type ObjectChanges, objectKey, type SourceObject } from '../source/object-source.ts';
import { accountOf, type MachineOfGroup, registeredEntryOf } from './entry-of.ts';
import type { EntryStore } from './entry-store.ts';

export interface MachineRegistrarOptions {
  readonly store: EntryStore;
  /** For people, and to tell one time from another. */
  readonly now: () => Date;
  /** Milliseconds of a clock that nobody sets. */
  readonly steady: () => number;
  /** Runs once; the answer cancels it. */
  readonly after: (ms: number, run: () => void) => () => void;
  /** OR2412, once until something succeeds again. */
  readonly onProblem: (error: OutriggerError) => void;
}

/** Milliseconds between two writes of what is still there. */
const renewMs = 60_000;
/** A probe that flaps is written so often, and no more: what holds is told again each second. */
const flapMs = 5_000;
/** Told once a second by its own machine; after that without a word, another replica may hear of it. */
const toldMs = 10_000;
/** So long after its last stream a machine may come back. As in Istio. */
const graceMs = 10_000;
/** What nobody has renewed for so long was of a replica that is gone. */
const staleMs = 3 * renewMs;

interface Joined {
  readonly machine: MachineOfGroup;
  /** What the probe of the group said last; it counts where there is one. */
  health: MachineHealth;
  /** By the steady clock, when that was last said to this replica, and when it was last asked to be written. */
  toldAt: number;
  judgedAt: number;
  streams: number;
  /** What was written last: a write waits for the one before it. */
  seenAt: string;
  written: MachineHealth | undefined;
  writing: Promise<unknown>;
  /** Its group is gone. */
  isLost: boolean;
  cancel: () => void;
}

interface Seen {
  readonly namespace: string;
  readonly name: string;
  readonly seenAt: string;
  readonly health: MachineHealth;
  /** Of the machine that may tell of it: '' for one that cannot probe. */
  readonly teller: string;
  /** By the steady clock. */
  readonly since: number;
}

/**
 * Makes the WorkloadEntry of a machine that registers itself, keeps it while a replica has its stream, and removes it afterwards. Replicas
 * need no leader: who has the stream writes another time each minute; what stays the same for three, by the clock of whoever
 * looks and not by that time, is removed by any, under the version that was looked at.
 */
export class MachineRegistrar {
  readonly #options: MachineRegistrarOptions;
  readonly #joined = new Map<string, Joined>();
  readonly #seen = new Map<string, Seen>();
  /** Their uids. */
  readonly #groups = new Map<string, string>();
  /** By the steady clock, when what is told of machines of other replicas was last asked to be written. */
  readonly #judgedAt = new Map<string, number>();
  #writes = 0;
  #isReported = false;

  constructor(options: MachineRegistrarOptions) {
    this.#options = options;
  }

  /** Until the signal, looks for what others have left behind. */
  start(signal: AbortSignal): void {
    const look = (): void => {
      void this.#sweep();
      cancel = this.#options.after(renewMs, look);
    };
    let cancel = this.#options.after(renewMs, look);
    signal.addEventListener('abort', () => cancel(), { once: true });
  }

  /** All changes of objects; those of other kinds are nothing to it. */
  apply({ upserts, removals }: ObjectChanges): void {
    for (const key of removals) {
      this.#seen.delete(key);
      this.#judgedAt.delete(key);
      if (this.#groups.delete(key)) this.#loseMachinesOf(key);
    }
    for (const object of upserts) {
      if (object.kind === 'WorkloadGroup') this.#learnGroup(object);
      if (object.kind === 'WorkloadEntry') this.#learnEntry(object);
    }
  }

  /** For one stream of the machine; the answer ends that. Rejects with OR2412 when its entry cannot be written. */
  async join(machine: MachineOfGroup): Promise<() => void> {
    const key = keyOf(machine);
    const known = this.#joined.get(key);
    known?.cancel();
    const joined = known ?? this.#newlyJoined(key, machine);
    Object.assign(joined, { machine, streams: joined.streams + 1, isLost: false });
    this.#joined.set(key, joined);
    let left = false;
    const leave = () => {
      if (!left) this.#leave(key);
      left = true;
    };
    try {
      await this.#renew(joined);
    } catch (error) {
      leave();
      throw this.#problem(error);
    } finally {
      this.#keepRenewing(joined);
    }
    return leave;
  }

  /**
   * What the probe of its group says of a machine, each time it does; nothing of one that has come for another group since. Its own
   * stream may be at another replica, as its connections are balanced: then this one writes what is told, and that one keeps it.
   */
  judge(told: MachineOfGroup, health: MachineHealth): void {
    const joined = this.#joined.get(keyOf(told));
    if (joined === undefined || joined.streams === 0) this.#judgeElsewhere(told, health);
    else if (isOfOneGroup(joined.machine, told)) this.#judgeHere(joined, health);
  }

  #judgeHere(joined: Joined, health: MachineHealth): void {
    joined.health = health;
    const now = this.#options.steady();
    joined.toldAt = now;
    if (joined.isLost || joined.written === health || now - joined.judgedAt < flapMs) return;
    joined.judgedAt = now;
    void this.#try(() => this.#renew(joined)).then(() => this.#keepRenewing(joined));
  }

  #judgeElsewhere(told: MachineOfGroup, health: MachineHealth): void {
    const key = keyOf(told);
    const seen = this.#seen.get(key);
    const now = this.#options.steady();
    const judgedAt = this.#judgedAt.get(key) ?? Number.NEGATIVE_INFINITY;
    if (seen === undefined || seen.teller !== tellerOf(told) || seen.health === health || now - judgedAt < flapMs)
      return;
    this.#judgedAt.set(key, now);
    void this.#try(() => this.#options.store.judge({ namespace: seen.namespace, name: seen.name, health }));
  }

  /** One that comes from another replica is as well as that has said: its probe may take a while to say it again. */
  #newlyJoined(key: string, machine: MachineOfGroup): Joined {
    const { health = 'unhealthy' } = this.#seen.get(key) ?? {};
    return {
      ...{ machine, health },
      ...{ toldAt: Number.NEGATIVE_INFINITY, judgedAt: Number.NEGATIVE_INFINITY },
      ...{ streams: 0, isLost: false },
      ...{ seenAt: '', written: undefined, writing: Promise.resolve(), cancel: () => undefined },
    };
  }

  #learnEntry(source: SourceObject): void {
    const key = objectKey(source);
    const annotations = textMapAt(source.object, 'metadata', 'annotations');
    const group = autoRegistrationGroup(annotations);
    if (group === undefined) {
      this.#seen.delete(key);
      this.#judgedAt.delete(key);
      return;
    }
    const { namespace, name } = source;
    const before = this.#seen.get(key);
    const seenAt = annotations[seenAtAnnotation] ?? '';
    const health = annotations[healthAnnotation] === 'healthy' ? 'healthy' : 'unhealthy';
    const since = before?.seenAt === seenAt ? before.since : this.#options.steady();
    const account = textAt(source.object, 'spec', 'serviceAccount');
    const teller = annotations[healthAnnotation] === undefined ? '' : `${namespace}/${group} ${account}`;
    this.#seen.set(key, { namespace, name, seenAt, health, teller, since });
    this.#follow(this.#joined.get(key), health);
  }

  /** What another replica has written of a machine of this one, which hears nothing of its probe, is to stay. */
  #follow(joined: Joined | undefined, health: MachineHealth): void {
    if (joined === undefined || this.#options.steady() - joined.toldAt < toldMs) return;
    joined.health = health;
    if (joined.written !== undefined) joined.written = health;
  }

  /** Kubernetes removes what belongs to it; written again it would be removed again. */
  #loseMachinesOf(group: string): void {
    for (const joined of this.#joined.values()) {
      if (groupKey(joined.machine) !== group) continue;
      joined.isLost = true;
      joined.cancel();
      void this.#try(() => this.#remove(joined));
    }
  }

  /** One that has come back takes its machines back, if it is still of their account. */
  #learnGroup(source: SourceObject): void {
    const key = objectKey(source);
    const uid = textAt(source.object, 'metadata', 'uid');
    const before = this.#groups.get(key);
    this.#groups.set(key, uid);
    const account = textAt(source.object, 'spec', 'template', 'serviceAccount') || 'default';
    for (const joined of this.#joined.values()) {
      if (groupKey(joined.machine) !== key || (!joined.isLost && before === uid)) continue;
      if (accountOf(joined.machine.group) !== account) continue;
      joined.isLost = false;
      void this.#try(() => this.#renew(joined)).then(() => this.#keepRenewing(joined));
    }
  }

  #leave(key: string): void {
    const joined = this.#joined.get(key);
    if (joined === undefined) return;
    joined.streams -= 1;
    if (joined.streams > 0) return;
    joined.cancel();
    joined.cancel = this.#options.after(graceMs, () => {
      this.#joined.delete(key);
      void this.#try(() => this.#remove(joined));
    });
  }

  async #remove(joined: Joined): Promise<void> {
    await joined.writing;
    const { name, group } = joined.machine;
    await this.#options.store.remove({ namespace: group.namespace, name, seenAt: joined.seenAt });
  }

  #renew(joined: Joined): Promise<void> {
    const write = joined.writing.then(() => this.#write(joined));
    joined.writing = write.catch(() => undefined);
    return write;
  }

  async #write(joined: Joined): Promise<void> {
    const { store, now } = this.#options;
    // Two of one moment are two.
    const seenAt = `${now().toISOString()} ${++this.#writes}`;
    const groupUid = this.#groups.get(groupKey(joined.machine)) ?? '';
    const { health } = joined;
    await store.put(registeredEntryOf(joined.machine, seenAt, { groupUid, health }));
    joined.seenAt = seenAt;
    joined.written = health;
  }

  /** As long as there is a stream, whether the last write was taken or not. */
  #keepRenewing(joined: Joined): void {
    if (joined.streams === 0 || joined.isLost || this.#joined.get(keyOf(joined.machine)) !== joined) return;
    joined.cancel();
    joined.cancel = this.#options.after(renewMs, () => {
      void this.#try(() => this.#renew(joined)).then(() => this.#keepRenewing(joined));
    });
  }

  async #sweep(): Promise<void> {
    const { steady, store } = this.#options;
    for (const [key, { namespace, name, seenAt, since }] of this.#seen) {
      if (this.#joined.has(key) || steady() - since < staleMs) continue;
      await this.#try(() => store.remove({ namespace, name, seenAt }));
    }
  }

  async #try(act: () => Promise<void>): Promise<void> {
    try {
      await act();
      this.#isReported = false;
    } catch (error) {
      if (!this.#isReported) this.#options.onProblem(this.#problem(error));
      this.#isReported = true;
    }
  }

  #problem(error: unknown): OutriggerError {
    return new OutriggerError('OR2412', error instanceof Error ? error.message : String(error), { cause: error });
  }
}

const keyOf = ({ group, name }: MachineOfGroup): string => objectKey({ kind: 'WorkloadEntry', ...group, name });

/** And so of one account, which alone may tell of it. */
const isOfOneGroup = (one: MachineOfGroup, other: MachineOfGroup): boolean =>
  groupKey(one) === groupKey(other) && accountOf(one.group) === accountOf(other.group);

const tellerOf = ({ group }: MachineOfGroup): string => `${group.namespace}/${group.name} ${accountOf(group)}`;

const groupKey = ({ group: { namespace, name } }: MachineOfGroup): string =>
  objectKey({ kind: 'WorkloadGroup', namespace, name });
