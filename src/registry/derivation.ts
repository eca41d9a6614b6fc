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
  readonly #failed: (key: string, error: unknown) => void;
  readonly #broken = new Set<string>();
  readonly #dirty = new Set<string>();
  readonly #readers = new Map<string, Set<string>>();
  readonly #topics = new Map<string, Set<string>>();

  /** `failed` is told of each key whose value cannot be made, which stays as it was, and with no error when it can again. */
  constructor(
    derive: (key: string, read: Read) => V | undefined,
    failed: (key: string, error: unknown | undefined) => void,
  ) {
    this.#derive = derive;
    this.#failed = failed;
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
    const changes = [...this.#dirty].flatMap((key) => this.#tried(key) ?? []);
    this.#dirty.clear();
    return changes;
  }

  /** One that throws would else be run again, and throw again, with whatever changes next. */
  #tried(key: string): Change<V> | undefined {
    try {
      const change = this.#run(key);
      if (this.#broken.delete(key)) this.#failed(key, undefined);
      return change;
    } catch (error) {
      this.#broken.add(key);
      this.#failed(key, error);
      return undefined;
    }
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
