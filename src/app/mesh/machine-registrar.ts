import type { OutriggerError } from '../../errors.ts';
import { systemClock } from '../../identity/serving-certificates.ts';
import type { EntryStore } from '../../machines/entry-store.ts';
import { MachineRegistrar } from '../../machines/machine-registrar.ts';
import { wireClock } from '../../wire/clock.ts';

/** By the clocks of this machine. `onProblem` is told OR2412. */
export function machineRegistrar(store: EntryStore, onProblem: (error: OutriggerError) => void): MachineRegistrar {
  const clocks = { now: systemClock.now, steady: () => performance.now(), after: wireClock.after };
  return new MachineRegistrar({ store, ...clocks, onProblem });
}
