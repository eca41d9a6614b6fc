import type { FieldEffects } from '../field-effects.ts';

export const workloadEntryFields: FieldEffects = {
  implemented: ['address', 'ports', 'labels', 'locality', 'weight', 'serviceAccount'],
  notYet: { network: 'the mesh is one network: every endpoint is called by its address' },
  ignored: [],
  values: [],
};
