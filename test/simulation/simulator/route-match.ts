import type { Request } from './call.ts';
import { everyHeader, matchersOf, matchesQuery, matchesRegex } from './matchers.ts';
import { at, flag, list, type Message, number, text } from './message.ts';
import { matchesTemplate, pathOf } from './path.ts';

/**
 * The routes that a request may take, in order: the first that matches, and as long as it matches by chance only
 * (`runtime_fraction`), the next one, too. Undefined stands for no route.
 */
export function routesOf(host: Message, request: Request): readonly (Message | undefined)[] {
  const found: Message[] = [];
  for (const route of list(host, 'routes')) {
    const match = at(route, 'match') ?? {};
    const chance = chanceOf(at(match, 'runtime_fraction'));
    if (chance === 'never' || !matchesRequest(match, request)) continue;
    found.push(route);
    if (chance === 'always') return found;
  }
  return [...found, undefined];
}

export type Chance = 'always' | 'perhaps' | 'never';

/** core.v3.RuntimeFractionalPercent: no runtime is set here, so its default counts. */
export function chanceOf(fraction: Message | undefined): Chance {
  return fraction === undefined ? 'always' : percentChance(at(fraction, 'default_value'));
}

const wholes: Readonly<Record<string, number>> = { HUNDRED: 100, TEN_THOUSAND: 10_000, MILLION: 1_000_000 };

/** type.v3.FractionalPercent */
export function percentChance(percent: Message | undefined): Chance {
  const numerator = number(percent, 'numerator') ?? 0;
  if (numerator === 0) return 'never';
  return numerator >= (wholes[text(percent, 'denominator') || 'HUNDRED'] ?? 100) ? 'always' : 'perhaps';
}

/** config.route.v3.RouteMatch: all that it says must hold; headers see the path with its query. */
export function matchesRequest(match: Message, request: Request): boolean {
  return (
    matchesPath(match, request.path) &&
    everyHeader(matchersOf(match), pseudoHeaders(request)) &&
    list(match, 'query_parameters').every((matcher) => matchesQuery(matcher, request.path)) &&
    list(match, 'dynamic_metadata').every((matcher) => flag(matcher, 'invert') === true)
  );
}

export const pseudoHeaders = ({ method, path, authority, headers, scheme = 'http' }: Request) => [
  [':scheme', scheme] as const,
  [':method', method] as const,
  [':path', path] as const,
  [':authority', authority] as const,
  ...headers,
];

function matchesPath(match: Message, whole: string): boolean {
  const path = pathOf(whole);
  const fold = (word: string) => (flag(match, 'case_sensitive') === false ? word.toLowerCase() : word);
  const regex = at(match, 'safe_regex');
  if (regex !== undefined) return matchesRegex(text(regex, 'regex'), path);
  const template = at(match, 'path_match_policy', 'typed_config');
  if (template !== undefined) return matchesTemplate(text(template, 'path_template'), path);
  if (match['path'] !== undefined) return fold(path) === fold(text(match, 'path'));
  const separated = fold(text(match, 'path_separated_prefix'));
  if (separated !== '') return fold(path) === separated || fold(path).startsWith(`${separated}/`);
  return fold(path).startsWith(fold(text(match, 'prefix')));
}
