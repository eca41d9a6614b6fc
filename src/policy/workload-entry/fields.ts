import type { FieldEffects } from '../field-effects.ts';

export const workloadEntryFields: FieldEffects = {
  implemented: ['address', 'ports', 'labels', 'locality', 'weight', 'serviceAccount', 'network'],
  notYet: {},
  ignored: [],
  values: [],
};
