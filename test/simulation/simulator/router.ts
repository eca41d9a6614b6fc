import type { Answered, Headers, Request, Verdict } from './call.ts';
import { endpointsOf, upstreamVersion } from './cluster.ts';
import { type Known, requestChanges, responseChanges } from './headers.ts';
import { at, flag, list, type Message, number, text } from './message.ts';
import { pathOf } from './path.ts';
import { knownOf, type Walk } from './walk.ts';

/** Where a request has come to within an HTTP connection manager. */
export interface Routed {
  readonly walk: Walk;
  readonly routes: Message;
  readonly host: Message | undefined;
  readonly route: Message | undefined;
  readonly request: Request;
  /** A filter that loads clusters when they are first used has been passed. */
  readonly loadsClusters: boolean;
  /** What proxies before this one say of the client counts. */
  readonly believes: boolean;
  /** Of the ALPN towards the server, in place of the cluster's. */
  readonly alpnFormat: string | undefined;
}

export function answered(routed: Routed, status: number, more: Partial<Answered> = {}): Verdict {
  const { listener, chain } = routed.walk;
  return { kind: 'answered', listener, chain, route: text(routed.route, 'name'), status, ...more };
}

/** extensions.filters.http.router: what the route says. */
export function carryOut(routed: Routed): readonly Verdict[] {
  const { route } = routed;
  if (route === undefined) return [answered(routed, 404)];
  const redirect = at(route, 'redirect');
  if (redirect !== undefined)
    return [answered(routed, redirectStatus(redirect), { location: locationOf(redirect, routed) })];
  const direct = at(route, 'direct_response');
  if (direct !== undefined)
    return [answered(routed, number(direct, 'status') ?? 0, { body: text(at(direct, 'body'), 'inline_string') })];
  return destinationsOf(at(route, 'route') ?? {}).flatMap((target) => forward(target, routed));
}

const redirectStatuses: Readonly<Record<string, number>> = {
  FOUND: 302,
  SEE_OTHER: 303,
  TEMPORARY_REDIRECT: 307,
  PERMANENT_REDIRECT: 308,
};

const redirectStatus = (redirect: Message) => redirectStatuses[text(redirect, 'response_code')] ?? 301;

/** config.route.v3.RedirectAction */
function locationOf(redirect: Message, routed: Routed): string {
  const before = routed.request.scheme ?? 'http';
  const secure = flag(redirect, 'https_redirect') === true;
  const scheme = secure ? 'https' : text(redirect, 'scheme_redirect') || before;
  return `${scheme}://${placeOf(redirect, routed.request.authority, [before, scheme])}${redirectedPath(redirect, routed)}`;
}

/** A port that is the scheme's own goes when the scheme changes, and any with its host. */
function placeOf(redirect: Message, authority: string, [before, after]: readonly [string, string]): string {
  const [name = '', port = ''] = authority.split(':');
  const named = text(redirect, 'host_redirect');
  const usual = before === 'http' ? '80' : '443';
  const own = named !== '' || (after !== before && port === usual) ? '' : port;
  const wanted = number(redirect, 'port_redirect') ?? own;
  return `${named || name}${wanted === '' ? '' : `:${wanted}`}`;
}

function redirectedPath(redirect: Message, { request, route }: Routed): string {
  const query = request.path.slice(pathOf(request.path).length);
  const path = text(redirect, 'path_redirect');
  if (path !== '') return `${path}${path.includes('?') ? '' : query}`;
  const prefix = redirect['prefix_rewrite'] as string | undefined;
  return prefix === undefined ? request.path : withPrefix(prefix, request.path, at(route, 'match') ?? {});
}

interface Target {
  readonly cluster: string;
  readonly share: number;
  readonly holder: Message;
}

function destinationsOf(action: Message): readonly Target[] {
  const weighted = list(at(action, 'weighted_clusters'), 'clusters');
  if (weighted.length === 0) return [{ cluster: text(action, 'cluster'), share: 1, holder: {} }];
  const chosen = weighted.filter((one) => (number(one, 'weight') ?? 0) > 0);
  const total = chosen.reduce((sum, one) => sum + (number(one, 'weight') ?? 0), 0);
  return chosen.map((holder) => ({
    cluster: text(holder, 'name'),
    share: (number(holder, 'weight') ?? 0) / total,
    holder,
  }));
}

function forward({ cluster: name, share, holder }: Target, routed: Routed): readonly Verdict[] {
  const { walk, request } = routed;
  const { proxy, call, listener, chain } = walk;
  const asked = routed.loadsClusters ? proxy.ask('cluster', name) : undefined;
  const cluster = proxy.cluster(name) ?? asked;
  if (cluster === undefined) return [answered(routed, 503)];
  const sent = rewritten(routed, holder, cluster);
  const wish = { destination: call.destination, request: sent, alpnFormat: routed.alpnFormat };
  const endpoints = endpointsOf(cluster, wish, proxy);
  if (endpoints.length === 0) return [answered(routed, 503)];
  const route = text(routed.route, 'name');
  const responseHeaders = throughLevels(call.answer ?? [], routed, holder, responseChanges, knownOf(walk));
  const version = upstreamVersion(cluster, request.version);
  return [
    {
      kind: 'forwarded',
      listener,
      chain,
      route,
      cluster: name,
      share,
      terminated: walk.terminated,
      endpoints,
      request: { ...sent, version },
      responseHeaders,
    },
  ];
}

type Change = (headers: Headers, holder: Message | undefined, known: Known) => Headers;

/** From the most specific level to the least: config.route.v3.RouteConfiguration.most_specific_header_mutations_wins. */
function throughLevels(
  headers: Headers,
  { routes, host, route }: Routed,
  holder: Message,
  change: Change,
  known: Known,
) {
  let result = headers;
  for (const level of [holder, route, host, routes]) result = change(result, level, known);
  return result;
}

/** Headers are changed before the path and the host. */
function rewritten(routed: Routed, holder: Message, _cluster: Message): Request {
  const { request, route, walk } = routed;
  const action = at(route, 'route');
  const headers = throughLevels(request.headers, routed, holder, requestChanges, knownOf(walk));
  const literal = text(holder, 'host_rewrite_literal') || text(action, 'host_rewrite_literal');
  const prefix = action?.['prefix_rewrite'] as string | undefined;
  const regex = at(action, 'regex_rewrite');
  const path =
    regex !== undefined
      ? replaced(regex, request.path)
      : prefix === undefined || prefix === ''
        ? request.path
        : withPrefix(prefix, request.path, at(route, 'match') ?? {});
  return { ...request, headers, path, authority: literal === '' ? request.authority : literal };
}

/** What the match has matched is replaced: its prefix, or the whole path without its query. */
function withPrefix(prefix: string, whole: string, match: Message): string {
  const path = pathOf(whole);
  const matched =
    match['prefix'] === undefined && match['path_separated_prefix'] === undefined
      ? path.length
      : (text(match, 'prefix') || text(match, 'path_separated_prefix')).length;
  return `${prefix}${whole.slice(matched)}`;
}

/** RE2 writes groups as `\1`. */
function replaced(regex: Message, whole: string): string {
  const path = pathOf(whole);
  const pattern = new RegExp(text(at(regex, 'pattern'), 'regex'), 'gs');
  const substitution = text(regex, 'substitution')
    .replaceAll('$', '$$$$')
    .replaceAll(/\\(\d)/g, '$$$1');
  return `${path.replaceAll(pattern, substitution.replaceAll('$0', '$&'))}${whole.slice(path.length)}`;
}
