import { printOrigin } from '../../model/origin.ts';
import { type DelegateProblem, delegateProblems } from '../../policy/virtual-service/delegate-problems.ts';
import type { Snapshot } from '../../registry/snapshot.ts';

export const jointWarningCode = 'OR2408';

/** What is wrong with how resources go together, each of which is right by itself. */
export class JointWarnings {
  #virtualServices: Snapshot['virtualServices'] | undefined;
  #known: ReadonlySet<string> = new Set();

  /** The answer is what was not there before. */
  apply({ virtualServices }: Snapshot): readonly DelegateProblem[] {
    if (this.#virtualServices === virtualServices) return [];
    this.#virtualServices = virtualServices;
    const before = this.#known;
    const found = delegateProblems(virtualServices);
    this.#known = new Set(found.map(printJointWarning));
    return found.filter((problem) => !before.has(printJointWarning(problem)));
  }
}

export function printJointWarning({ origin, message }: DelegateProblem): string {
  return `${jointWarningCode} ${printOrigin(origin)}: ${message}`;
}
