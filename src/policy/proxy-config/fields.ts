import type { FieldEffects } from '../field-effects.ts';

export const proxyConfigFields: FieldEffects = {
  implemented: ['selector.matchLabels', 'concurrency', 'environmentVariables', 'image.imageType'],
  notYet: {},
  ignored: [],
  values: [],
};
