import type { Call, Request } from '../simulator/call.ts';
import type { Placed } from '../world/make-calls.ts';
import { calledAt, zonedService } from './nearness.ts';
import type {
  AccessRule,
  Destination,
  HttpMatch,
  HttpRule,
  Mode,
  Policy,
  SmallWorld,
  StringMatch,
} from './small-world.ts';

/**
 * What Istio's documentation says of a call, read from the resources themselves: a set of outcomes in words. Knows
 * nothing of Envoy.
 */
export function expected(world: SmallWorld, { entry, call }: Placed): readonly string[] {
  const found =
    entry === 'inbound'
      ? inbound(world, call)
      : call.request === 'bytes'
        ? byName(world, call)
        : call.destination.address === zonedService.address
          ? calledAt(world.near).map((place) => `${place} mutual ${call.request === 'bytes' ? '' : call.request.path} `)
          : byRules(world, call.request);
  return [...new Set(found)].sort();
}

/** https://istio.io/latest/docs/reference/config/networking/virtual-service/: the first rule that matches. */
function byRules({ http }: SmallWorld, request: Request): readonly string[] {
  const rule = http.find(({ match }) => match === undefined || match.some((one) => matches(one, request)));
  if (rule === undefined) return ['404'];
  const { redirect, directResponse, fault } = rule;
  const [path = '', query] = request.path.split('?');
  if (redirect !== undefined)
    return [`${redirect.redirectCode} http://a${redirect.uri}${query === undefined ? '' : `?${query}`}`];
  if (directResponse !== undefined) return [String(directResponse.status)];
  const always = fault?.abort.percentage.value === 100;
  const aborted = fault === undefined ? [] : [String(fault.abort.httpStatus)];
  return always ? aborted : [...aborted, ...forwarded(rule, path, query)];
}

function forwarded(rule: HttpRule, path: string, query: string | undefined): string[] {
  const set = Object.values(rule.headers?.request.set ?? {}).join();
  const to = `${rewritten(rule, path)}${query === undefined ? '' : `?${query}`} ${set}`;
  return podsOf(rule.route ?? [], '10.20.0', 7000).map((pod) => `${pod} mutual ${to}`);
}

/** What the prefix or the exact path of the match was is replaced; of a regular expression, the path. */
function rewritten({ match, rewrite }: HttpRule, path: string): string {
  if (rewrite === undefined) return path;
  const uri = match?.[0]?.uri;
  if (uri?.prefix !== undefined) return `${rewrite.uri}${path.slice(uri.prefix.length)}`;
  // Without a match of the path its beginning is `/`.
  return uri === undefined ? `${rewrite.uri}${path.slice(1)}` : rewrite.uri;
}

function podsOf(route: readonly Destination[], net: string, port: number): string[] {
  const used = route.filter(({ weight }) => weight > 0);
  const total = used.reduce((sum, { weight }) => sum + weight, 0);
  return used.map(({ destination, weight }) => {
    const share = used.length === 1 ? '' : `${Math.round((weight / total) * 100)}% `;
    return `${share}${net}.${destination.subset === 'v1' ? 1 : 2}:${port}`;
  });
}

function matches(match: HttpMatch, { method, path, headers }: Request): boolean {
  const [plain = '', query = ''] = path.split('?');
  const header = (name: string) => headers.find(([known]) => known === name)?.[1];
  const argument = (name: string) =>
    query
      .split('&')
      .find((pair) => pair.startsWith(`${name}=`))
      ?.slice(name.length + 1);
  const all = (wanted: Readonly<Record<string, StringMatch>> = {}, of: (name: string) => string | undefined) =>
    Object.entries(wanted).every(([name, one]) => says(one, of(name)));
  const none = Object.entries(match.withoutHeaders ?? {}).every(([name, one]) => !says(one, header(name)));
  return (
    (match.uri === undefined || says(match.uri, plain, match.ignoreUriCase === true)) &&
    (match.method === undefined || says(match.method, method)) &&
    all(match.headers, header) &&
    none &&
    all(match.queryParams, argument)
  );
}

/** The case of regular expressions stays. */
function says({ exact, prefix, regex }: StringMatch, value: string | undefined, ignoreCase = false): boolean {
  if (value === undefined) return false;
  if (regex !== undefined) return new RegExp(`^(?:${regex})$`).test(value);
  const fold = (word: string) => (ignoreCase ? word.toLowerCase() : word);
  return exact === undefined ? fold(value).startsWith(fold(prefix ?? '')) : fold(value) === fold(exact);
}

function byName({ tls }: SmallWorld, { tls: hello }: Call): readonly string[] {
  const rule = tls.find(({ match }) => match.some(({ sniHosts }) => sniHosts.includes(hello?.sni ?? '')));
  const all = ['10.20.1.1:7001', '10.20.1.2:7001'];
  return (rule === undefined ? all : podsOf(rule.route, '10.20.1', 7001)).map((pod) => `${pod} mutual`);
}

/** https://istio.io/latest/docs/reference/config/security/peer_authentication/ and authorization-policy/ */
function inbound({ mode, portMode, policies }: SmallWorld, { destination, tls, request }: Call): readonly string[] {
  const { port } = destination;
  const own: Mode = port === 9000 ? (portMode ?? mode) : mode;
  const accepted = acceptedAs(own, tls, port);
  if (accepted === 'closed') return ['closed'];
  const principal = accepted === 'mutual' ? tls?.peer?.replace('spiffe://', '') : undefined;
  const asked = { principal, request: request === 'bytes' ? undefined : request };
  if (!isAllowed(policies, asked)) return [request === 'bytes' ? 'closed' : '403'];
  const to = request === 'bytes' ? '' : ` ${request.path} `;
  return [`10.30.0.2:${port}${to}`];
}

function acceptedAs(mode: Mode, tls: Call['tls'], port: number): 'mutual' | 'plain' | 'closed' {
  if (tls === undefined) return mode === 'STRICT' ? 'closed' : 'plain';
  if (mode === 'DISABLE') return port === 9000 ? 'plain' : 'closed';
  return tls.peer?.startsWith('spiffe://cluster.local/') === true ? 'mutual' : 'closed';
}

interface Asked {
  readonly principal: string | undefined;
  /** Undefined for connections. */
  readonly request: Request | undefined;
}

/** Whom a DENY names is denied; where there is an ALLOW, one of them has to name him. */
function isAllowed(policies: readonly Policy[], asked: Asked): boolean {
  const of = (action: Policy['action']) => policies.filter((policy) => policy.action === action);
  const named = (list: readonly Policy[]) =>
    list.some(({ action, rules }) => rules.some((rule) => holds(rule, action, asked)));
  return !named(of('DENY')) && (of('ALLOW').length === 0 || named(of('ALLOW')));
}

function holds({ from, to }: AccessRule, action: Policy['action'], { principal, request }: Asked): boolean {
  // Of a connection nothing is known of requests: ALLOW cannot hold, DENY holds without them.
  const operation =
    to === undefined ||
    (request === undefined
      ? action === 'DENY'
      : to.some(({ operation: { paths, notPaths, methods } }) => {
          const path = request.path.split('?')[0] ?? '';
          return (
            (methods === undefined || methods.includes(request.method)) &&
            (paths === undefined || fits(paths, path)) &&
            (notPaths === undefined || !fits(notPaths, path))
          );
        }));
  const source =
    from === undefined ||
    from.some(
      ({ source: { principals, notPrincipals } }) =>
        (principals === undefined || fits(principals, principal)) &&
        (notPrincipals === undefined || !fits(notPrincipals, principal)),
    );
  return operation && source;
}

function fits(patterns: readonly string[], value: string | undefined): boolean {
  if (value === undefined) return false;
  return patterns.some((pattern) => {
    if (pattern.endsWith('*')) return value.startsWith(pattern.slice(0, -1));
    return pattern.startsWith('*') ? value.endsWith(pattern.slice(1)) : value === pattern;
  });
}
