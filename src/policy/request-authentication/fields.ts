import { type FieldEffects, under } from '../field-effects.ts';

const noTarget = 'it is for the Gateway API, which is not there yet: the whole policy has no effect';

const rule = [
  ...['issuer', 'audiences', 'jwks', 'jwksUri', 'jwks_uri', 'timeout', 'spaceDelimitedClaims'],
  ...['fromParams', 'fromCookies', ...under('fromHeaders[]', ['name', 'prefix'])],
  ...['forwardOriginalToken', 'outputPayloadToHeader', ...under('outputClaimToHeaders[]', ['header', 'claim'])],
];

export const requestAuthenticationFields: FieldEffects = {
  implemented: ['selector.matchLabels', ...under('jwtRules[]', rule)],
  notYet: { targetRef: noTarget, targetRefs: noTarget },
  ignored: [],
  values: [],
};
