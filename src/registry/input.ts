import { isDeepStrictEqual } from 'node:util';
import type { SourceObject } from '../source/object-source.ts';
import type { Change } from './collections.ts';
import type { ProblemBook } from './problem-book.ts';
import { objectFault, type RegistryProblem } from './registry-problem.ts';

/** What an object says; without a value and without an error it says nothing. */
export interface Reading<V> {
  readonly value: V | undefined;
  readonly problems: readonly RegistryProblem[];
  /** What is in force for an object with an error that never had a good value. */
  readonly standIn?: StandIn<V> | undefined;
}

export interface StandIn<V> {
  readonly value: V;
  /** What it does; part of the messages. */
  readonly note: string;
}

/**
 * The objects of one kind as values, by `<namespace>/<name>`. Only what is read counts: an object that reads as
 * before is no change. One with an error leaves its last good value in use, or its stand-in when there is none.
 */
export class Input<V> {
  readonly values = new Map<string, V>();
  readonly #read: (object: SourceObject) => Reading<V>;
  readonly #problems: ProblemBook;
  /** Those whose value is a stand-in. */
  readonly #standIns = new Set<string>();
  /** Values as they were at the last `take`, of what was touched since. */
  readonly #before = new Map<string, V | undefined>();

  constructor(read: (object: SourceObject) => Reading<V>, problems: ProblemBook) {
    this.#read = read;
    this.#problems = problems;
  }

  put(key: string, object: SourceObject): void {
    const { value, problems, standIn } = this.#reading(object);
    const subject = `${object.kind} ${key}`;
    const failed = value === undefined && problems.some(isError);
    if (failed && standIn !== undefined && (!this.values.has(key) || this.#standIns.has(key))) {
      this.#problems.set(
        subject,
        problems.map((problem) =>
          isError(problem) ? { ...problem, message: `${problem.message}; ${standIn.note}` } : problem,
        ),
      );
      this.#standIns.add(key);
      this.#set(key, standIn.value);
      return;
    }
    this.#problems.set(subject, problems);
    if (failed) return;
    this.#standIns.delete(key);
    this.#set(key, value);
  }

  /** An exception is a fault of ours, and for the object an error as any other. */
  #reading(object: SourceObject): Reading<V> {
    try {
      return this.#read(object);
    } catch (error) {
      return { value: undefined, problems: [objectFault(object.origin, error)] };
    }
  }

  remove(kind: string, key: string): void {
    this.#problems.set(`${kind} ${key}`, []);
    this.#standIns.delete(key);
    this.#set(key, undefined);
  }

  /** What changed since the last time. */
  take(): readonly Change<V>[] {
    if (this.#before.size === 0) return [];
    const changes = [...this.#before].map(([key, before]) => ({ key, before, value: this.values.get(key) }));
    this.#before.clear();
    return changes.filter(({ before, value }) => before !== value);
  }

  #set(key: string, value: V | undefined): void {
    const known = this.values.get(key);
    if (isDeepStrictEqual(known, value)) return;
    if (!this.#before.has(key)) this.#before.set(key, known);
    const before = this.#before.get(key);
    // There and back again within one step is no change.
    const next = value !== undefined && isDeepStrictEqual(before, value) ? before : value;
    if (next === undefined) this.values.delete(key);
    else this.values.set(key, next);
  }
}

const isError = ({ severity }: RegistryProblem) => severity === 'error';
