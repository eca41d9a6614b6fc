import type { FaultIR } from '../../ir/types/route.ts';
import { parseDuration } from '../../schema/common/duration.ts';
import { type Fault, grpcStatusOf } from '../../schema/virtual-service/fault.ts';

/** Undefined when the rule asks for nothing that has an effect. */
export function faultOf(fault: Fault | undefined): FaultIR | undefined {
  const delay = delayOf(fault?.delay);
  const abort = abortOf(fault?.abort);
  if (delay === undefined && abort === undefined) return undefined;
  return { ...(delay && { delay }), ...(abort && { abort }) };
}

function delayOf(delay: Fault['delay']): FaultIR['delay'] {
  if (delay?.fixedDelay === undefined) return undefined;
  // The old whole number counts where the new field is absent; neither given is every request.
  const percent = delay.percentage === undefined ? (delay.percent ?? 100) : (delay.percentage.value ?? 0);
  return { ms: parseDuration(delay.fixedDelay) ?? 0, percent };
}

function abortOf(abort: Fault['abort']): FaultIR['abort'] {
  if (abort === undefined) return undefined;
  const percent = abort.percentage === undefined ? 100 : (abort.percentage.value ?? 0);
  const grpcStatus = abort.grpcStatus === undefined ? undefined : grpcStatusOf(abort.grpcStatus);
  if (abort.httpStatus !== undefined) return { percent, httpStatus: abort.httpStatus };
  return grpcStatus === undefined ? undefined : { percent, grpcStatus };
}
