import { type Origin, printOrigin } from '../../model/origin.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Tellings } from './configurators.ts';
import { gatewayProblemCode } from './gateway-problem-code.ts';

/** What cannot be, as warnings in the log. */
export function loggedTellings(logger: Logger): Tellings {
  const warn =
    (code: string) =>
    ({ origins, message }: { readonly origins: readonly Origin[]; readonly message: string }) =>
      logger.warn({ code, origins: origins.map(printOrigin) }, message);
  return {
    onGatewayProblem: ({ fault, origins, message }) =>
      logger.warn({ code: gatewayProblemCode(fault), fault, origins: origins.map(printOrigin) }, message),
    onPolicyProblem: warn('OR2454'),
    onLimitProblem: warn('OR2461'),
    onTelemetryProblem: warn('OR2455'),
    onPatchProblem: warn('OR2456'),
  };
}
