import type { StringMatch } from '../../ir/types/string-match.ts';
import type { Message } from '../resource.ts';

/** envoy.type.matcher.v3.StringMatcher; `present` is left to whoever can say so better. */
export function translateStringMatch(match: StringMatch): Message {
  switch (match.kind) {
    case 'regex':
      return { safe_regex: { regex: match.value } };
    case 'present':
      return { safe_regex: { regex: '.*' } };
    default:
      return { [match.kind]: match.value, ...(match.ignoreCase === true ? { ignore_case: true } : {}) };
  }
}
