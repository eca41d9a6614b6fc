import type { HeaderMatchIR, PathMatchIR, RouteMatchIR } from '../../ir/types/route.ts';
import type { HttpMatch } from '../../schema/virtual-service/http-match.ts';
import { claimsOf, isClaim } from './claims.ts';
import { stringMatchOf } from './string-match.ts';

const anyPath: PathMatchIR = { kind: 'prefix', value: '/', ignoreCase: false };

/** Fits every request. */
export const anyRequest: RouteMatchIR = { path: anyPath, headers: [], query: [] };

export function routeMatchOf(match: HttpMatch): RouteMatchIR {
  const pseudo = (['method', 'authority', 'scheme'] as const).flatMap((field) => {
    const given = match[field];
    return given === undefined ? [] : [{ name: `:${field}`, match: stringMatchOf(given), invert: false }];
  });
  const claims = claimsOf(match);
  return {
    path: pathOf(match),
    headers: [...headersOf(match.headers, false), ...headersOf(match.withoutHeaders, true), ...pseudo],
    query: sorted(match.queryParams).map(([name, value]) => ({ name, match: stringMatchOf(value) })),
    ...(claims.length === 0 ? {} : { claims }),
  };
}

function pathOf({ uri, ignoreUriCase = false }: HttpMatch): PathMatchIR {
  if (uri?.exact !== undefined) return { kind: 'exact', value: uri.exact, ignoreCase: ignoreUriCase };
  if (uri?.prefix !== undefined) return { kind: 'prefix', value: uri.prefix, ignoreCase: ignoreUriCase };
  if (uri?.regex !== undefined) return { kind: 'regex', value: uri.regex };
  return anyPath;
}

type GivenHeaders = HttpMatch['headers'];

function headersOf(headers: GivenHeaders, invert: boolean): HeaderMatchIR[] {
  return sorted(headers)
    .filter(([name]) => !isClaim(name))
    .map(([name, value]) => ({ name, match: stringMatchOf(value), invert }));
}

function sorted<T>(map: Readonly<Record<string, T>> | undefined): [string, T][] {
  return Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Rules behind one that fits every request can never be used. */
export function isCatchAll(match: RouteMatchIR): boolean {
  const { path } = match;
  const any = (path.kind === 'prefix' && path.value === '/') || (path.kind === 'regex' && path.value === '.*');
  return any && match.headers.length === 0 && match.query.length === 0 && match.claims === undefined;
}
