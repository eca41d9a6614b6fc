import type { ClaimMatchIR } from '../../ir/types/route.ts';
import type { HttpMatch } from '../../schema/virtual-service/http-match.ts';
import { stringMatchOf } from './string-match.ts';

const start = '@request.auth.claims';

/** Conditions on claims of the request's token stand among those on headers. */
export const isClaim = (name: string): boolean => name.startsWith(start);

export function claimsOf({ headers = {}, withoutHeaders = {} }: HttpMatch): ClaimMatchIR[] {
  const read = (map: NonNullable<HttpMatch['headers']>, invert: boolean): ClaimMatchIR[] =>
    Object.entries(map)
      .filter(([name]) => isClaim(name))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => ({ path: pathOf(name), match: stringMatchOf(value), invert }));
  return [...read(headers, false), ...read(withoutHeaders, true)];
}

/** `.groups.team` goes down at each dot; `[https://a.b/team][name]` is for names with dots in them, as in Istio. */
function pathOf(name: string): readonly string[] {
  const rest = name.slice(start.length);
  const bracketed = [...rest.matchAll(/\[([^[\]]+)\]/g)].map(([, key = '']) => key);
  if (rest.startsWith('[')) return bracketed;
  return rest
    .replace(/^\./, '')
    .split('.')
    .filter((key) => key !== '');
}
