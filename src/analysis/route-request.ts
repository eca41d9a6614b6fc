import type { PathMatchIR, RouteMatchIR } from '../ir/types/route.ts';
import type { StringMatch } from '../ir/types/string-match.ts';
import { fitsRoute, type PlainRequest } from './route-match.ts';

/**
 * A request that comes to one of some routes and to none before it; undefined where none is found. Texts are tried, and
 * those that an expression does not take are given up: a request that is shown is one that gets there.
 */
export function requestTo(
  matches: readonly RouteMatchIR[],
  index: number,
  authority: string,
): PlainRequest | undefined {
  const match = matches[index];
  if (match === undefined || match.claims !== undefined) return undefined;
  const earlier = matches.slice(0, index);
  return candidates(match, authority).find(
    (request) => fitsRoute(match, request) && !earlier.some((other) => fitsRoute(other, request)),
  );
}

function candidates(match: RouteMatchIR, authority: string): readonly PlainRequest[] {
  const headers: Record<string, string> = {};
  let method = 'GET';
  for (const { name, match: wanted, invert } of match.headers) {
    if (invert) continue;
    const text = textFor(wanted);
    if (name === ':method') method = text;
    else if (!name.startsWith(':')) headers[name] = text;
  }
  const query = Object.fromEntries(match.query.map(({ name, match: wanted }) => [name, textFor(wanted)]));
  return pathsFor(match.path).map((path) => ({ method, path, headers, query, authority }));
}

/** Behind an exact rule of the same beginning another path of the prefix is taken. */
function pathsFor(path: PathMatchIR): readonly string[] {
  if (path.kind === 'exact') return [path.value];
  const text = path.kind === 'prefix' ? path.value : plainText(path.value);
  return [text, `${text}${text.endsWith('/') ? '' : '/'}any-path`, `${text}x`];
}

function textFor(match: StringMatch): string {
  switch (match.kind) {
    case 'present':
      return 'any';
    case 'regex':
      return plainText(match.value);
    default:
      return match.value;
  }
}

/** A text that simple expressions take: `.*Chrome.*` is Chrome, `/v[12]/.+` is /v1/x. */
function plainText(expression: string): string {
  return expression
    .replace(/^\^|\$$/g, '')
    .replace(/\(\?[a-z]+\)/g, '')
    .replace(/\((?:\?:)?([^()|]*)(?:\|[^()]*)?\)[*?]?/g, '$1')
    .replace(/\[(\^)?([^\]])[^\]]*\][+*?]?/g, (_, not: string | undefined, first: string) => (not ? 'x' : first))
    .replace(/\\d[+*?]?/g, '1')
    .replace(/\\w[+*?]?/g, 'x')
    .replace(/\.\*|\.\?/g, '')
    .replace(/\.\+?/g, (dots, at: number, whole: string) => (whole[at - 1] === '\\' ? dots : 'x'))
    .replace(/\\(.)/g, '$1')
    .split('|', 1)
    .join('');
}

/** `http://reviews.shop.svc.cluster.local:9080/v2?a=b` */
export function urlOf({ path, query, authority }: PlainRequest): string {
  const search = new URLSearchParams(query).toString();
  return `http://${authority}${path}${search === '' ? '' : `?${search}`}`;
}
