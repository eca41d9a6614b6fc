import { isDeepStrictEqual } from 'node:util';
import { objectFault, printRegistryProblem, type RegistryProblem } from './registry-problem.ts';

/** The problems of now, by what they were found in. */
export class ProblemBook {
  readonly #bySubject = new Map<string, readonly RegistryProblem[]>();
  #fresh: RegistryProblem[] = [];

  /** All problems of a subject; none ends those that it had. */
  set(subject: string, problems: readonly RegistryProblem[]): void {
    const before = this.#bySubject.get(subject) ?? [];
    if (problems.length === 0) {
      if (before.length > 0) this.#bySubject.delete(subject);
      return;
    }
    this.#bySubject.set(subject, problems);
    const known = (problem: RegistryProblem) => before.some((earlier) => isDeepStrictEqual(earlier, problem));
    this.#fresh.push(...problems.filter((problem) => !known(problem)));
  }

  /** Of what is derived from objects of a kind, by `<namespace>/<name>`: `Derivation` tells of it. */
  derivationOf(kind: string): (key: string, error: unknown | undefined) => void {
    return (key, error) => {
      const [namespace = '', ...name] = key.split('/');
      const origin = { kind, namespace, name: name.join('/') };
      this.set(`derived ${kind} ${key}`, error === undefined ? [] : [objectFault(origin, error)]);
    };
  }

  /** In order of their objects. */
  all(): readonly RegistryProblem[] {
    const printed = [...this.#bySubject.values()].flat().map((problem) => {
      const { kind, namespace, name } = problem.origin;
      return { problem, key: [kind, namespace, name, printRegistryProblem(problem)].join('\n') };
    });
    return printed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ problem }) => problem);
  }

  /** Those that were not there when this was asked last. */
  takeFresh(): readonly RegistryProblem[] {
    const fresh = this.#fresh;
    if (fresh.length > 0) this.#fresh = [];
    return fresh;
  }
}
