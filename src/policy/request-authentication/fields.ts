import { type FieldEffects, under } from '../field-effects.ts';
import { targetFields } from '../targets.ts';

const rule = [
  ...['issuer', 'audiences', 'jwks', 'jwksUri', 'jwks_uri', 'timeout', 'spaceDelimitedClaims'],
  ...['fromParams', 'fromCookies', ...under('fromHeaders[]', ['name', 'prefix'])],
  ...['forwardOriginalToken', 'outputPayloadToHeader', ...under('outputClaimToHeaders[]', ['header', 'claim'])],
];

export const requestAuthenticationFields: FieldEffects = {
  implemented: [...targetFields.implemented, 'selector.matchLabels', ...under('jwtRules[]', rule)],
  notYet: {},
  ignored: [...targetFields.ignored],
  values: [...targetFields.values],
};
