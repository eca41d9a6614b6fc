import type { MachineHealth } from '../model/auto-registration.ts';
import type { ObjectChanges } from '../source/object-source.ts';
import type { RegisteredEntry } from './entry-of.ts';

/** Where WorkloadEntries of machines that register themselves are kept. */
export interface EntryStore {
  /** Makes it, or makes it new. Rejects when it cannot be written. */
  put(entry: RegisteredEntry): Promise<void>;
  /** What the probe of a machine says, whose stream another replica has: that alone is written. Rejects when it cannot be. */
  judge(entry: { readonly namespace: string; readonly name: string; readonly health: MachineHealth }): Promise<void>;
  /** Removes it if it was not seen since. Rejects when that cannot be found out. */
  remove(entry: { readonly namespace: string; readonly name: string; readonly seenAt: string }): Promise<void>;
  /** Told of what is kept here alone, and comes from no other source. */
  onObjects?(listener: (changes: ObjectChanges) => void): void;
}
