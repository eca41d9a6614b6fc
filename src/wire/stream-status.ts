import { status as grpcStatus, type StatusObject } from '@grpc/grpc-js';
import { asOutriggerError, type OutriggerError } from '../errors.ts';

/** Where a stream was when it failed: what an error means when its own HTTP status does not say. */
export type StreamPhase = 'authentication' | 'opening' | 'running';

const ofPhase: Readonly<Record<StreamPhase, grpcStatus>> = {
  authentication: grpcStatus.UNAUTHENTICATED,
  opening: grpcStatus.PERMISSION_DENIED,
  running: grpcStatus.INTERNAL,
};

const ofHttp: ReadonlyMap<number, grpcStatus> = new Map([
  [401, grpcStatus.UNAUTHENTICATED],
  [403, grpcStatus.PERMISSION_DENIED],
  [408, grpcStatus.DEADLINE_EXCEEDED],
  [429, grpcStatus.RESOURCE_EXHAUSTED],
  [500, grpcStatus.INTERNAL],
  [502, grpcStatus.UNAVAILABLE],
  [503, grpcStatus.UNAVAILABLE],
  [504, grpcStatus.UNAVAILABLE],
]);

/** The end of a stream as the proxy's log will show it: code and sentence, never a stack. */
export function statusOf(error: unknown, phase: StreamPhase): { error: OutriggerError; status: Partial<StatusObject> } {
  const coded = asOutriggerError(error);
  const code = ofHttp.get(coded.entry.status) ?? ofPhase[phase];
  return { error: coded, status: { code, details: coded.message } };
}
