import { type Origin, printOrigin } from '../../model/origin.ts';
import { unimplementedIn } from '../../policy/unimplemented.ts';
import type { Problem } from '../../schema/problem.ts';
import { type ObjectChanges, objectKey } from '../../source/object-source.ts';

/** A field of a resource that is in force but for it. */
export interface FieldWarning {
  readonly problem: Problem;
  readonly origin: Origin;
}

/** What fields of the resources have no effect yet, kept for whoever shows it. */
export class FieldWarnings {
  readonly #known = new Map<string, readonly FieldWarning[]>();

  /** The answer is what was not there before. */
  apply({ upserts, removals }: ObjectChanges): readonly FieldWarning[] {
    for (const key of removals) this.#known.delete(key);
    return upserts.flatMap((object) => {
      const key = objectKey(object);
      const { kind, origin } = object;
      const found = unimplementedIn({ kind, spec: object.object.spec }).map((problem) => ({ problem, origin }));
      const before = new Set((this.#known.get(key) ?? []).map(({ problem }) => problem.path));
      if (found.length > 0) this.#known.set(key, found);
      else this.#known.delete(key);
      return found.filter(({ problem }) => !before.has(problem.path));
    });
  }

  /** All of now. */
  get all(): readonly FieldWarning[] {
    return [...this.#known.values()].flat();
  }
}

export function printFieldWarning({ problem, origin }: FieldWarning): string {
  return `${problem.code} ${printOrigin({ ...origin, field: problem.path })}: ${problem.message}`;
}
