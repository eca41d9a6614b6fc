import type { TapIR } from '../../ir/types/telemetry.ts';
import type { Tap, TapTarget } from '../../model/tap.ts';
import type { Workload } from '../../model/workload.ts';

/** Whether it is looked at: as itself, or as one of its workload's pods. */
export function isTapped(
  { namespace, name, workloadName }: Pick<Workload, 'namespace' | 'name' | 'workloadName'>,
  target: TapTarget,
): boolean {
  return namespace === target.namespace && (workloadName === target.name || name === target.name);
}

/** A gateway is asked by nobody: all that passes it are calls. */
export function tapsFor(taps: readonly Tap[], workload: Workload): readonly TapIR[] {
  return taps
    .filter(({ target }) => isTapped(workload, target))
    .map(({ id, sides, match, connections }) => ({
      ...{ id, match, connections },
      sides: workload.role === 'gateway' ? ['calls'] : sides,
    }));
}
