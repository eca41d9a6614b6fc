import { asOutriggerError, type OutriggerError } from '../errors.ts';
import { type Status, type StatusCode, statusCodes } from './grpc/status.ts';

/** Where a stream was when it failed: what an error means when its own HTTP status does not say. */
export type StreamPhase = 'authentication' | 'opening' | 'running' | 'certificate';

const ofPhase: Readonly<Record<StreamPhase, StatusCode>> = {
  authentication: statusCodes.UNAUTHENTICATED,
  opening: statusCodes.PERMISSION_DENIED,
  running: statusCodes.INTERNAL,
  certificate: statusCodes.INVALID_ARGUMENT,
};

const ofHttp: ReadonlyMap<number, StatusCode> = new Map([
  [401, statusCodes.UNAUTHENTICATED],
  [403, statusCodes.PERMISSION_DENIED],
  [408, statusCodes.DEADLINE_EXCEEDED],
  [429, statusCodes.RESOURCE_EXHAUSTED],
  [500, statusCodes.INTERNAL],
  [502, statusCodes.UNAVAILABLE],
  [503, statusCodes.UNAVAILABLE],
  [504, statusCodes.UNAVAILABLE],
]);

/** The end of a stream as the proxy's log will show it: code and sentence, never a stack. */
export function statusOf(error: unknown, phase: StreamPhase): { error: OutriggerError; status: Status } {
  const coded = asOutriggerError(error);
  const code = ofHttp.get(coded.entry.status) ?? ofPhase[phase];
  return { error: coded, status: { code, message: coded.message } };
}
