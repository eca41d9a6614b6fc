import { RE2JS } from 're2js';
import type { HeaderMatchIR, PathMatchIR, RouteMatchIR } from '../ir/types/route.ts';
import type { StringMatch } from '../ir/types/string-match.ts';

/** A request as far as routes tell requests apart. */
export interface PlainRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly authority: string;
}

export function fitsRoute(match: RouteMatchIR, request: PlainRequest): boolean {
  return (
    match.claims === undefined &&
    fitsPath(match.path, request.path) &&
    match.headers.every((header) => fitsHeader(header, request)) &&
    match.query.every(({ name, match: wanted }) => fitsText(wanted, request.query[name]))
  );
}

function fitsPath(match: PathMatchIR, path: string): boolean {
  if (match.kind === 'regex') return matchesRe2(match.value, path);
  const [given, wanted] = match.ignoreCase ? [path.toLowerCase(), match.value.toLowerCase()] : [path, match.value];
  return match.kind === 'exact' ? given === wanted : given.startsWith(wanted);
}

function fitsHeader({ name, match, invert }: HeaderMatchIR, request: PlainRequest): boolean {
  return fitsText(match, headerOf(name, request)) !== invert;
}

function headerOf(name: string, { method, authority, headers }: PlainRequest): string | undefined {
  switch (name) {
    case ':method':
      return method;
    case ':authority':
      return authority;
    case ':scheme':
      return 'http';
    default:
      return headers[name];
  }
}

function fitsText(match: StringMatch, value: string | undefined): boolean {
  if (value === undefined) return false;
  switch (match.kind) {
    case 'present':
      return true;
    case 'exact':
      return value === match.value;
    case 'prefix':
      return value.startsWith(match.value);
    case 'suffix':
      return value.endsWith(match.value);
    case 'regex':
      return matchesRe2(match.value, value);
  }
}

function matchesRe2(expression: string, text: string): boolean {
  try {
    return RE2JS.matches(expression, text);
  } catch {
    return false;
  }
}
