import { stateOf } from '../emergency/state.ts';
import type { SourceObject } from '../source/object-source.ts';

/** Without emergencies that are over: their objects stay until somebody deletes them, and say nothing any more. */
export function withoutEnded<T extends SourceObject>(objects: readonly T[], now: Date): readonly T[] {
  return objects.filter(({ kind, object }) => kind !== 'Emergency' || stateOf(object, now)?.inForce === true);
}
