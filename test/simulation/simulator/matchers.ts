import type { Headers } from './call.ts';
import { at, flag, list, type Message, number, text } from './message.ts';

/** Envoy's regular expressions match the whole text (type.matcher.v3.RegexMatcher). */
export function matchesRegex(pattern: string, value: string): boolean {
  return new RegExp(`^(?:${pattern})$`, 's').test(value);
}

/** type.matcher.v3.StringMatcher: `ignore_case` has no effect on regular expressions. */
export function matchesString(matcher: Message | undefined, value: string): boolean {
  const regex = at(matcher, 'safe_regex');
  if (regex !== undefined) return matchesRegex(text(regex, 'regex'), value);
  const fold = (word: string) => (flag(matcher, 'ignore_case') === true ? word.toLowerCase() : word);
  const has = (key: string) => matcher?.[key] !== undefined;
  const wanted = (key: string) => fold(text(matcher, key));
  if (has('prefix')) return fold(value).startsWith(wanted('prefix'));
  if (has('suffix')) return fold(value).endsWith(wanted('suffix'));
  if (has('contains')) return fold(value).includes(wanted('contains'));
  return fold(value) === wanted('exact');
}

/** All values of a header as one text, as Envoy compares them. */
export function headerOf(headers: Headers, name: string): string | undefined {
  const values = headers.filter(([known]) => known === name.toLowerCase()).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(',');
}

/**
 * config.route.v3.HeaderMatcher. A header that is absent matches nothing, inverted or not, unless it counts as empty or
 * presence is what is asked.
 */
export function matchesHeader(matcher: Message, headers: Headers): boolean {
  const inverted = flag(matcher, 'invert_match') === true;
  const value = headerOf(headers, text(matcher, 'name'));
  const present = flag(matcher, 'present_match');
  const string = at(matcher, 'string_match');
  const range = at(matcher, 'range_match');
  if (present !== undefined || (string === undefined && range === undefined))
    return ((value !== undefined) === (present ?? true)) !== inverted;
  const counted = value ?? (flag(matcher, 'treat_missing_header_as_empty') === true ? '' : undefined);
  if (counted === undefined) return false;
  if (range !== undefined) return isInRange(range, counted) !== inverted;
  return matchesString(string, counted) !== inverted;
}

function isInRange(range: Message, value: string): boolean {
  if (!/^-?\d+$/.test(value)) return false;
  return Number(value) >= (number(range, 'start') ?? 0) && Number(value) < (number(range, 'end') ?? 0);
}

/** config.route.v3.QueryParameterMatcher: the first value of a name counts. */
export function matchesQuery(matcher: Message, path: string): boolean {
  const name = text(matcher, 'name');
  const found = (path.split('?')[1] ?? '')
    .split('&')
    .map((pair) => pair.split('='))
    .find(([key]) => key === name);
  const value = found?.slice(1).join('=');
  const string = at(matcher, 'string_match');
  if (string === undefined) return (value !== undefined) === (flag(matcher, 'present_match') ?? true);
  return value !== undefined && matchesString(string, value);
}

export const everyHeader = (matchers: readonly Message[], headers: Headers) =>
  matchers.every((matcher) => matchesHeader(matcher, headers));

export const matchersOf = (match: Message | undefined) => list(match, 'headers');
