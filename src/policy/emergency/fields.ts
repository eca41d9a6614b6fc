import type { FieldEffects } from '../field-effects.ts';

export const emergencyFields: FieldEffects = {
  implemented: ['selector.matchLabels', 'level', 'ttl'],
  notYet: {},
  // For people.
  ignored: ['reason', 'by'],
  values: [],
};
