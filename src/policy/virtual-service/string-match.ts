import type { StringMatch } from '../../ir/types/string-match.ts';

interface GivenMatch {
  readonly exact?: string;
  readonly prefix?: string;
  readonly regex?: string;
}

/** As Istio reads it: an empty match, and the regex `*`, mean that there is something at all. */
export function stringMatchOf(given: GivenMatch): StringMatch {
  if (given.exact !== undefined) return { kind: 'exact', value: given.exact };
  if (given.prefix !== undefined) return { kind: 'prefix', value: given.prefix };
  if (given.regex !== undefined && given.regex !== '*') return { kind: 'regex', value: given.regex };
  return { kind: 'present' };
}
