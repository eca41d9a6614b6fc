import type { FaultListener } from '../../model/fault.ts';
import { printOrigin } from '../../model/origin.ts';
import { printRegistryProblem, type RegistryProblem, registryFault } from '../../registry/registry-problem.ts';
import type { Logger } from '../../telemetry/logger.ts';

/** Logs what is wrong with objects; where the fault is ours it is told as such. */
export function problemLog(logger: Logger, onFault: FaultListener): (problem: RegistryProblem) => void {
  return (problem) => {
    const { code, severity, origin } = problem;
    if (code === 'OR1660') onFault(registryFault(problem));
    else logger.warn({ code, severity, origin: printOrigin(origin) }, printRegistryProblem(problem));
  };
}
