import { type ErrorCode, OutriggerError } from '../errors.ts';

/** Told of what must not happen, and ends neither the process nor the rest when it does: OR1660, OR1661. */
export type FaultListener = (fault: OutriggerError) => void;

/** An exception as a fault of `what`: an object (OR1660) or a part of the program (OR1661). */
export function faultOf(code: Extract<ErrorCode, 'OR1660' | 'OR1661'>, what: string, cause: unknown): OutriggerError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new OutriggerError(code, `${what}: ${why}`, { cause });
}

/** Runs it; an exception is told and goes no further. */
export function guarded(what: string, onFault: FaultListener, run: () => void): void {
  try {
    run();
  } catch (error) {
    onFault(faultOf('OR1661', what, error));
  }
}
