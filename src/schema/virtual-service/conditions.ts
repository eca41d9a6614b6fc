import type { Report, Segment } from '../problem.ts';
import type { HttpMatch } from './http-match.ts';
import type { HttpRoute } from './http-route.ts';

/** Every match of the rules, with its place in the spec. */
function matchesOf(rules: readonly HttpRoute[]): (readonly [readonly Segment[], HttpMatch, HttpRoute])[] {
  return rules.flatMap((rule, index) =>
    (rule.match ?? []).map((match, place) => [['http', index, 'match', place], match, rule] as const),
  );
}

/** Gateways read tokens before they choose the route, sidecars after it. */
export function checkClaims(rules: readonly HttpRoute[], report: Report): void {
  for (const [at, match] of matchesOf(rules)) {
    for (const field of ['headers', 'withoutHeaders'] as const) {
      for (const name of Object.keys(match[field] ?? {})) {
        const place = [...at, field, name];
        if (name.startsWith('@request.auth.claims'))
          report({ at: place, code: 'OR1655', message: 'claims can be matched by gateways alone: give gateways' });
      }
    }
  }
}

/** The conditions of a rule and of its delegate are joined, which cannot be done with regular expressions. */
export function checkDelegation(rules: readonly HttpRoute[], kind: 'root' | 'delegate', report: Report): void {
  for (const [at, match, rule] of matchesOf(rules)) {
    if (kind === 'root' && rule.delegate === undefined) continue;
    for (const place of regexesOf(match)) {
      const message = 'a rule that delegates, or is a delegate, may have no regex';
      report({ at: [...at, ...place, 'regex'], code: 'OR1655', message });
    }
  }
}

function regexesOf(match: HttpMatch): (readonly Segment[])[] {
  const single = (['uri', 'scheme', 'method', 'authority'] as const).flatMap((field) =>
    match[field]?.regex === undefined ? [] : [[field]],
  );
  const mapped = (['headers', 'withoutHeaders', 'queryParams'] as const).flatMap((field) =>
    Object.entries(match[field] ?? {}).flatMap(([name, value]) => (value.regex === undefined ? [] : [[field, name]])),
  );
  return [...single, ...mapped];
}
