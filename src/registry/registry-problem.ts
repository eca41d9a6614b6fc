import { type ErrorCode, OutriggerError } from '../errors.ts';
import { type Origin, printOrigin } from '../model/origin.ts';

/** Something that is wrong with an object, and where. Never quotes a Secret. */
export interface RegistryProblem {
  /** An error keeps the object, or the part that `origin` names, out of use; its last good version stays. */
  readonly severity: 'error' | 'warning';
  readonly code: ErrorCode;
  /** A sentence that says what would be right. */
  readonly message: string;
  /** With the field, where it is known. */
  readonly origin: Origin;
}

/** `OR1641 VirtualService default/reviews spec.http (reviews.yaml:3:1): "x" must be a list` */
export function printRegistryProblem(problem: RegistryProblem): string {
  return `${problem.code} ${printOrigin(problem.origin)}: ${problem.message}`;
}

/** An object at which something threw: what it was before holds. */
export function objectFault(origin: Origin, error: unknown): RegistryProblem {
  const why = error instanceof Error ? error.message : String(error);
  return { severity: 'error', code: 'OR1660', message: `it is as it was before: ${why}`, origin };
}

/** The same for who counts faults. */
export function registryFault({ origin, message }: RegistryProblem): OutriggerError {
  return new OutriggerError('OR1660', `${printOrigin(origin)}: ${message}`);
}
