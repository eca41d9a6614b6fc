import { asOutriggerError, type OutriggerError } from '../../errors.ts';
import { type KeySource, type KnownKeys, keySourceId } from '../../policy/request-authentication/keys.ts';
import type { ReadKeys } from './read-keys.ts';

/** `good`: as read last; `stale`: the last reading failed, those before are used; `missing`: never read. */
export type KeyState = 'good' | 'stale' | 'missing';

export interface TokenKeysOptions {
  readonly read: (source: KeySource) => Promise<ReadKeys>;
  /** Calls after so many milliseconds; the answer cancels. */
  readonly after: (ms: number, task: () => void) => () => void;
  /** Between readings that succeed, milliseconds. */
  readonly refreshMs: number;
  /** All keys, whenever one of them changed. */
  readonly onKeys: (keys: KnownKeys) => void;
  /** Each failure once, until it is another one. */
  readonly onFailure: (source: KeySource, error: OutriggerError, state: KeyState) => void;
  /** Keys that are left out of a set that was read; told when they change. */
  readonly onFaults: (source: KeySource, faults: readonly string[]) => void;
}

interface Entry {
  source: KeySource;
  keys: string | undefined;
  /** Readings that failed since the last that did not. */
  failures: number;
  told: string;
  readOnce: boolean;
  cancel: () => void;
}

/** Without keys every token is refused, so these are asked for more often. Milliseconds. */
const firstPause = { missing: 1_000, stale: 60_000 };
const longestPause = 60_000;

/** Reads what issuers publish and keeps it. The last good keys stay for as long as a source fails. */
export class TokenKeys {
  readonly #options: TokenKeysOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #waiting = new Set<() => void>();
  #closed = false;

  constructor(options: TokenKeysOptions) {
    this.#options = options;
  }

  /** How many sources are in which state. */
  get states(): Readonly<Record<KeyState, number>> {
    const states = { good: 0, stale: 0, missing: 0 };
    for (const entry of this.#entries.values()) states[stateOf(entry)] += 1;
    return states;
  }

  /** What is to be read from now on, and nothing else. */
  want(sources: ReadonlyMap<string, KeySource>): void {
    if (this.#closed) return;
    for (const [id, entry] of this.#entries) {
      if (sources.has(id)) continue;
      entry.cancel();
      this.#entries.delete(id);
    }
    for (const [id, source] of sources) {
      const known = this.#entries.get(id);
      if (known !== undefined) known.source = source;
      else this.#begin(id, source);
    }
    this.#wake();
  }

  /** Resolves when each source that is wanted now was read, or could not be. */
  async readOnce(): Promise<void> {
    while (!this.#closed && [...this.#entries.values()].some((entry) => !entry.readOnce))
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  close(): void {
    this.#closed = true;
    for (const { cancel } of this.#entries.values()) cancel();
    this.#entries.clear();
    this.#wake();
  }

  #begin(id: string, source: KeySource): void {
    const entry: Entry = { source, keys: undefined, failures: 0, told: '', readOnce: false, cancel: () => undefined };
    this.#entries.set(id, entry);
    void this.#read(entry);
  }

  async #read(entry: Entry): Promise<void> {
    const { read, after, refreshMs } = this.#options;
    let pause = refreshMs;
    try {
      const found = await read(entry.source);
      if (!this.#has(entry)) return;
      this.#learn(entry, found);
    } catch (error) {
      if (!this.#has(entry)) return;
      pause = this.#fail(entry, asOutriggerError(error));
    }
    entry.cancel = after(pause, () => void this.#read(entry));
    entry.readOnce = true;
    this.#wake();
  }

  /** It may have gone while it was read. */
  #has(entry: Entry): boolean {
    return !this.#closed && this.#entries.get(keySourceId(entry.source)) === entry;
  }

  #learn(entry: Entry, { keys, faults }: ReadKeys): void {
    entry.failures = 0;
    const told = faults.join('; ');
    if (faults.length > 0 && entry.told !== told) this.#options.onFaults(entry.source, faults);
    entry.told = told;
    if (entry.keys === keys) return;
    entry.keys = keys;
    this.#tell();
  }

  /** How long to wait for the next time. */
  #fail(entry: Entry, error: OutriggerError): number {
    const first = firstPause[entry.keys === undefined ? 'missing' : 'stale'];
    const pause = Math.min(first * 2 ** Math.min(entry.failures, 10), longestPause, this.#options.refreshMs);
    entry.failures += 1;
    if (entry.told !== error.message) this.#options.onFailure(entry.source, error, stateOf(entry));
    entry.told = error.message;
    return pause;
  }

  #tell(): void {
    const known = [...this.#entries].flatMap(([id, { keys }]): [string, string][] =>
      keys === undefined ? [] : [[id, keys]],
    );
    this.#options.onKeys(new Map(known));
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

function stateOf({ keys, failures }: Entry): KeyState {
  if (keys === undefined) return 'missing';
  return failures === 0 ? 'good' : 'stale';
}
