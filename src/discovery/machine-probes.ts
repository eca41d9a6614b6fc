import type { MachineHealth } from '../model/auto-registration.ts';
import { probeOf } from '../policy/workload-group/probe.ts';
import type { Snapshot } from '../registry/snapshot.ts';
import type { MachineProbes } from '../wire/health-service.ts';
import { translateMachineProbe } from '../xds/translate/machine-probe.ts';
import { type Registration, registrationOf } from './registration.ts';

/** The probes of the groups of machines that register themselves; what they find is told to `judge`. */
export function machineProbes(
  snapshot: () => Snapshot,
  judge: (machine: Registration, health: MachineHealth) => void,
): MachineProbes {
  return {
    begin(peer, node) {
      const machine = registrationOf(snapshot(), peer, node);
      const probe = machine && probeOf(machine.group.spec, machine.address);
      if (machine === undefined || probe === undefined) return undefined;
      return {
        specifier: translateMachineProbe(probe),
        delayMs: probe.initialDelayMs,
        report: (healthy) => judge(machine, healthy ? 'healthy' : 'unhealthy'),
      };
    },
  };
}
