import { isDeepStrictEqual } from 'node:util';
import type { Change } from './collections.ts';

/** What a derivation reads besides its key, so that it runs again when that changes. */
export type Read = (topic: string) => void;

/**
 * Values by key, each made by a pure function. What a run reads is remembered by topic: a change of a topic runs
 * again only what read it, and an output that is equal to the one before stays that and is no change.
 */
export class Derivation<V> {
  readonly values = new Map<string, V>();
  readonly #derive: (key: string, read: Read) => V | undefined;
  readonly #dirty = new Set<string>();
  readonly #readers = new Map<string, Set<string>>();
  readonly #topics = new Map<string, Set<string>>();

  constructor(derive: (key: string, read: Read) => V | undefined) {
    this.#derive = derive;
  }

  /** The value of this key has to be made again. */
  touch(key: string): void {
    this.#dirty.add(key);
  }

  /** What was read under this topic is not what it was. */
  announce(topic: string): void {
    const readers = this.#readers.get(topic);
    if (readers !== undefined) for (const key of readers) this.#dirty.add(key);
  }

  settle(): readonly Change<V>[] {
    if (this.#dirty.size === 0) return [];
    const changes = [...this.#dirty].flatMap((key) => this.#run(key) ?? []);
    this.#dirty.clear();
    return changes;
  }

  #run(key: string): Change<V> | undefined {
    const topics = new Set<string>();
    const value = this.#derive(key, (topic) => topics.add(topic));
    this.#subscribe(key, topics);
    const before = this.values.get(key);
    if (before === value || isDeepStrictEqual(before, value)) return undefined;
    if (value === undefined) this.values.delete(key);
    else this.values.set(key, value);
    return { key, before, value };
  }

  #subscribe(key: string, topics: Set<string>): void {
    for (const topic of this.#topics.get(key) ?? []) {
      if (topics.has(topic)) continue;
      const readers = this.#readers.get(topic);
      readers?.delete(key);
      if (readers?.size === 0) this.#readers.delete(topic);
    }
    for (const topic of topics) {
      const readers = this.#readers.get(topic);
      if (readers === undefined) this.#readers.set(topic, new Set([key]));
      else readers.add(key);
    }
    if (topics.size === 0) this.#topics.delete(key);
    else this.#topics.set(key, topics);
  }
}
