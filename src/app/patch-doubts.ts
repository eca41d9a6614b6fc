import { sourceOf } from '../analysis/admission-doubts.ts';
import { patchProblems } from '../discovery/patches.ts';
import type { JsonObject } from '../model/json.ts';
import { readConfig } from '../registry/istio-config.ts';
import type { Config } from '../registry/snapshot.ts';
import type { EnvoyFilter } from '../schema/kinds.ts';

/** What of an EnvoyFilter that is being written no proxy will get, as far as that lies in the patches themselves. */
export function patchDoubts(object: JsonObject, namespace: string): readonly string[] {
  if (object.kind !== 'EnvoyFilter') return [];
  const { value } = readConfig(sourceOf(object, namespace));
  if (value === undefined) return [];
  return patchProblems(value as Config<EnvoyFilter>).map(
    ({ message, origins }) => `OR2456 ${origins[0]?.field ?? 'spec'}: ${message}`,
  );
}
