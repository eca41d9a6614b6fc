import type { StringMatch } from '../../ir/types/string-match.ts';
import type { Message } from '../resource.ts';
import { translateStringMatch } from './string-match.ts';

/** envoy.type.matcher.v3.MetadataMatcher on a claim of the request's token, which may be one text or a list of them. */
export function claimMatcher(path: readonly string[], match: StringMatch): Message {
  return {
    filter: 'envoy.filters.http.jwt_authn',
    path: ['payload', ...path].map((key) => ({ key })),
    value: match.kind === 'present' ? { present_match: true } : textOrList(match),
  };
}

function textOrList(match: StringMatch): Message {
  const matcher = { string_match: translateStringMatch(match) };
  return { or_match: { value_matchers: [matcher, { list_match: { one_of: matcher } }] } };
}
