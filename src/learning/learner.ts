import { asOutriggerError, type OutriggerError } from '../errors.ts';
import type { Workload } from '../model/workload.ts';
import {
  dayOf,
  type LearntScope,
  type LearntScopes,
  lastingLabels,
  mergeScopes,
  mostUses,
  namespaceOf,
  pruneScopes,
  type Use,
  useKey,
} from './scope.ts';
import type { ScopeStore, StoredText } from './scope-store.ts';
import { printScopes, readScopes } from './scope-text.ts';

export interface LearnerOptions {
  readonly store: ScopeStore;
  /** What was not asked for in so many days is forgotten. */
  readonly keepDays: number;
  /** After so many days a pod begins with nothing again: what is pushed is not asked for, so nobody sees it used. */
  readonly relearnDays: number;
  readonly now: () => number;
  readonly after: (ms: number, task: () => void) => () => void;
  /** Each once, until it goes well again. Learning goes on. */
  readonly onProblem: (error: OutriggerError) => void;
}

/** One proxy's share of what is learnt. */
export interface WorkloadMemory {
  /** What its workload used before; nothing where it is time to look again. Call it once, for a proxy that has nothing. */
  recall(): readonly Pick<Use, 'kind' | 'name'>[];
  use(uses: readonly Omit<Use, 'day'>[]): void;
  /** What it has asked for counts as used until now. */
  close(): void;
}

const dayMs = 86_400_000;
const saveMs = 60_000;
/** What other replicas have learnt is read so often. */
const readMs = 600_000;
const mostTries = 4;

/** Remembers what workloads ask for, so that their next pods have it before they ask. */
export class Learner {
  readonly #options: LearnerOptions;
  #scopes = new Map<string, LearntScope>();
  readonly #open = new Set<Memory>();
  /** Namespaces with something to save. */
  readonly #unsaved = new Set<string>();
  #stored: ReadonlyMap<string, StoredText> = new Map();
  #readAt = Number.NEGATIVE_INFINITY;
  #told = false;
  #saving: Promise<void> | undefined;

  constructor(options: LearnerOptions) {
    this.#options = options;
  }

  get scopes(): LearntScopes {
    return this.#scopes;
  }

  /** Reads what there is, and saves what is new until the signal aborts. Never rejects. */
  async start(signal: AbortSignal): Promise<void> {
    await this.#attempt(() => this.#read());
    let cancel = () => {};
    const next = () => {
      if (!signal.aborted) cancel = this.#options.after(saveMs, () => void this.save().then(next));
    };
    signal.addEventListener('abort', () => cancel(), { once: true });
    next();
  }

  open(workload: Workload): WorkloadMemory {
    const key = `${workload.namespace}/${workload.workloadName}`;
    const memory = new Memory({
      recall: () => this.#recall(key, workload),
      note: (uses) => this.#note(key, workload, uses),
      end: () => this.#open.delete(memory),
    });
    this.#open.add(memory);
    return memory;
  }

  #recall(key: string, workload: Workload): readonly Use[] {
    const known = this.#scopes.get(key);
    if (known === undefined) return [];
    const today = this.#today(0);
    if (known.sampled > this.#today(this.#options.relearnDays)) return [...known.uses.values()];
    this.#set(key, { ...known, sampled: today, labels: lastingLabels(workload.labels) });
    return [];
  }

  #note(key: string, workload: Workload, uses: Iterable<Omit<Use, 'day'>>): void {
    const today = this.#today(0);
    const known = this.#scopes.get(key);
    const fresh = [...uses].filter((use) => known?.uses.get(useKey(use))?.day !== today);
    if (fresh.length === 0) return;
    const base = known ?? { labels: lastingLabels(workload.labels), sampled: today, uses: new Map<string, Use>() };
    const next = new Map(base.uses);
    for (const use of fresh) next.set(useKey(use), { ...use, day: today });
    this.#set(key, { ...base, uses: next });
  }

  #set(key: string, scope: LearntScope): void {
    this.#scopes.set(key, scope);
    this.#unsaved.add(namespaceOf(key));
  }

  #today(daysAgo: number): string {
    return dayOf(this.#options.now() - daysAgo * dayMs);
  }

  /** What is new, under the versions that others wrote. Never rejects. */
  save(): Promise<void> {
    this.#saving ??= this.#attempt(() => this.#save()).finally(() => {
      this.#saving = undefined;
    });
    return this.#saving;
  }

  async #save(): Promise<void> {
    for (const memory of this.#open) memory.refresh();
    this.#prune();
    if (this.#options.now() - this.#readAt >= readMs) await this.#read();
    for (const namespace of [...this.#unsaved]) await this.#saveNamespace(namespace);
  }

  async #saveNamespace(namespace: string): Promise<void> {
    for (let left = mostTries; left > 0; left--) {
      this.#unsaved.delete(namespace);
      const stored = this.#stored.get(namespace);
      const text = printScopes(this.#of(namespace));
      if (stored?.text === text) return;
      try {
        if (await this.#options.store.write(namespace, text, stored)) {
          // Its version is known after the next read; until then a second write finds out and reads.
          this.#stored = new Map(this.#stored).set(namespace, { text, version: stored?.version ?? '' });
          this.#readAt = Number.NEGATIVE_INFINITY;
          return;
        }
      } catch (error) {
        this.#unsaved.add(namespace);
        throw error;
      }
      this.#unsaved.add(namespace);
      await this.#read();
    }
  }

  async #read(): Promise<void> {
    this.#stored = await this.#options.store.read();
    this.#readAt = this.#options.now();
    for (const [namespace, { text }] of this.#stored) {
      // A clock that ran ahead must not make anything last for ever.
      const read = readScopes(namespace, text, this.#today(-1));
      if (read === undefined) continue;
      if (printScopes(read) !== text) this.#unsaved.add(namespace);
      this.#scopes = new Map(mergeScopes(this.#scopes, read));
    }
    this.#prune();
  }

  #prune(): void {
    const pruned = pruneScopes(this.#scopes, this.#today(this.#options.keepDays));
    for (const [key, { uses }] of this.#scopes)
      if (pruned.get(key)?.uses.size !== uses.size) this.#unsaved.add(namespaceOf(key));
    this.#scopes = new Map(pruned);
  }

  #of(namespace: string): LearntScopes {
    return new Map([...this.#scopes].filter(([key]) => namespaceOf(key) === namespace));
  }

  async #attempt(act: () => Promise<void>): Promise<void> {
    try {
      await act();
      this.#told = false;
    } catch (error) {
      if (!this.#told) this.#options.onProblem(asOutriggerError(error));
      this.#told = true;
    }
  }
}

interface MemoryOptions {
  readonly recall: () => readonly Use[];
  readonly note: (uses: Iterable<Omit<Use, 'day'>>) => void;
  readonly end: () => void;
}

class Memory implements WorkloadMemory {
  readonly #options: MemoryOptions;
  readonly #uses = new Map<string, Omit<Use, 'day'>>();

  constructor(options: MemoryOptions) {
    this.#options = options;
  }

  recall(): readonly Use[] {
    return this.#options.recall();
  }

  use(uses: readonly Omit<Use, 'day'>[]): void {
    for (const use of uses) if (this.#uses.size < mostUses) this.#uses.set(useKey(use), use);
    this.#options.note(uses);
  }

  refresh(): void {
    this.#options.note(this.#uses.values());
  }

  close(): void {
    this.refresh();
    this.#options.end();
  }
}
