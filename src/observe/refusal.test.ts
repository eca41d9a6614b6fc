import { expect, test } from 'vitest';
import { refusalOf } from './refusal.ts';

test.each([
  ['rbac_access_denied_matched_policy[ns[shop]-policy[cart]-rule[3]]', 'AuthorizationPolicy shop/cart, rule 3'],
  ['rbac_access_denied_matched_policy[none]', 'AuthorizationPolicy: no ALLOW rule matches'],
  ['rbac_access_denied_matched_policy[mine]', 'AuthorizationPolicy mine'],
  ['jwt_authn_access_denied{Jwt_is_expired}', 'RequestAuthentication: Jwt is expired'],
  ['ext_authz_denied', 'AuthorizationPolicy CUSTOM: the authorizer says no'],
  ['ext_authz_error', 'AuthorizationPolicy CUSTOM: the authorizer does not answer'],
  ['via_upstream', ''],
  ['', ''],
])('%s: %s', (details, words) => {
  expect(refusalOf(details)).toBe(words);
});
