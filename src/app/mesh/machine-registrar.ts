import { machineProbes } from '../../discovery/machine-probes.ts';
import type { OutriggerError } from '../../errors.ts';
import { systemClock } from '../../identity/serving-certificates.ts';
import type { EntryStore } from '../../machines/entry-store.ts';
import { MachineRegistrar } from '../../machines/machine-registrar.ts';
import type { Snapshot } from '../../registry/snapshot.ts';
import { wireClock } from '../../wire/clock.ts';
import type { MachineProbes } from '../../wire/health-service.ts';

/** By the clocks of this machine. `onProblem` is told OR2412. */
export function machineRegistrar(store: EntryStore, onProblem: (error: OutriggerError) => void): MachineRegistrar {
  const clocks = { now: systemClock.now, steady: () => performance.now(), after: wireClock.after };
  return new MachineRegistrar({ store, ...clocks, onProblem });
}

/** What the probes of groups ask of machines; nothing where no machine can register itself. */
export function probesOf(
  machines: MachineRegistrar | undefined,
  mesh: { readonly snapshot: Snapshot },
): { readonly probes?: MachineProbes } {
  if (machines === undefined) return {};
  return {
    probes: machineProbes(
      () => mesh.snapshot,
      (machine, health) => machines.judge(machine, health),
    ),
  };
}
