import type { FieldEffects } from '../field-effects.ts';

export const peerAuthenticationFields: FieldEffects = {
  implemented: ['selector.matchLabels', 'mtls.mode', 'portLevelMtls{}.mode'],
  notYet: {},
  ignored: [],
  values: [],
};
