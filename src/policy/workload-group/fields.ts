import type { FieldEffects } from '../field-effects.ts';

const unregistered =
  'machines do not register themselves: `outrigger workload entry configure` writes a WorkloadEntry for each';

export const workloadGroupFields: FieldEffects = {
  implemented: [],
  notYet: { metadata: unregistered, template: unregistered, probe: 'a WorkloadEntry is there as long as it exists' },
  ignored: [],
  values: [],
};
