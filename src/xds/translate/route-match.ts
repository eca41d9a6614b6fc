import type { ClaimMatchIR, HeaderMatchIR, PathMatchIR, RouteMatchIR } from '../../ir/types/route.ts';
import type { Message } from '../resource.ts';
import { claimMatcher } from './claim-matcher.ts';
import { translateStringMatch } from './string-match.ts';

/** envoy.config.route.v3.RouteMatch; `lookedUpPort` as in `ForwardIR`. */
export function translateRouteMatch({ path, headers, query, claims }: RouteMatchIR, lookedUpPort?: number): Message {
  const matchers = [...headers.map(translateHeader), ...(lookedUpPort === undefined ? [] : [namesPort(lookedUpPort)])];
  return {
    ...translatePath(path),
    ...(matchers.length === 0 ? {} : { headers: matchers }),
    ...(query.length === 0 ? {} : { query_parameters: query.map(translateQuery) }),
    ...(claims === undefined ? {} : { dynamic_metadata: claims.map(translateClaim) }),
  };
}

function translatePath(path: PathMatchIR): Message {
  if (path.kind === 'regex') return { safe_regex: { regex: path.value } };
  const field = path.kind === 'exact' ? 'path' : 'prefix';
  const any = path.kind === 'prefix' && path.value === '/';
  return { [field]: path.value, ...(any ? {} : { case_sensitive: !path.ignoreCase }) };
}

function translateClaim({ path, match, invert }: ClaimMatchIR): Message {
  return { ...claimMatcher(path, match), ...(invert ? { invert: true } : {}) };
}

/** A header that must not match may also be absent, unless what is asked is whether it is there. */
export function translateHeader({ name, match, invert }: HeaderMatchIR): Message {
  const inverted = invert ? { invert_match: true } : {};
  if (match.kind === 'present') return { name, present_match: true, ...inverted };
  const absent = invert ? { treat_missing_header_as_empty: true } : {};
  return { name, string_match: translateStringMatch(match), ...inverted, ...absent };
}

function translateQuery({ name, match }: RouteMatchIR['query'][number]): Message {
  if (match.kind === 'present') return { name, present_match: true };
  return { name, string_match: translateStringMatch(match) };
}

/**
 * Envoy's look-up takes the port that a Host header names, and without one that of the scheme, so a host without a port is
 * for these two ports alone.
 */
function namesPort(port: number): Message {
  const named = `:${port}`;
  const regex = `[^:]+${port === 80 || port === 443 ? `(${named})?` : named}`;
  return { name: ':authority', string_match: { safe_regex: { regex } } };
}
