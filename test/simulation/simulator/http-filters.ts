import { isIP } from 'node:net';
import type { Request, Verdict } from './call.ts';
import { mutated, withoutRead } from './headers.ts';
import { headerOf, matchesString } from './matchers.ts';
import { at, list, type Message, number, text, typeOf } from './message.ts';
import { filtersOf } from './proxy.ts';
import { type Asked, isAllowed } from './rbac.ts';
import { percentChance, pseudoHeaders } from './route-match.ts';
import { answered, carryOut, type Routed } from './router.ts';
import { knownOf } from './walk.ts';

type Filter = readonly [name: string, config: Message | undefined];

/** In order, until one of them answers. Those that only count, or only look, are passed by. */
export function throughFilters(manager: Message, routed: Routed): readonly Verdict[] {
  return step(filtersOf(manager, 'http_filters', routed.walk.proxy), routed);
}

function step([filter, ...rest]: readonly Filter[], routed: Routed): readonly Verdict[] {
  if (filter === undefined) return [];
  const [name, config] = filter;
  const go = (next: Routed) => step(rest, next);
  const own = perRoute(name, routed);
  switch (typeOf(config)) {
    case 'Router':
      return carryOut(routed);
    case 'RBAC':
      return isAllowed(at(own === undefined ? config : at(own, 'rbac'), 'rules'), askedOf(routed))
        ? go(routed)
        : [answered(routed, 403, { body: 'RBAC: access denied' })];
    case 'HTTPFault':
      return withFault(own ?? config, routed, go);
    case 'Cors':
      return withCors(own, routed, go);
    case 'HeaderMutation': {
      const changes = list(at(config, 'mutations'), 'request_mutations');
      return go(withHeaders(routed, mutated(routed.request.headers, changes, knownOf(routed.walk))));
    }
    case 'OnDemand':
      return go({ ...routed, loadsClusters: routed.loadsClusters || at(config, 'odcds') !== undefined });
    case 'Config':
      return go({
        ...withHeaders(routed, withoutRead(routed.request.headers, list(config, 'request_rules'))),
        alpnFormat: alpnFormat(config) ?? routed.alpnFormat,
      });
    default:
      return go(routed);
  }
}

/** extensions.filters.http.set_filter_state, of the key that TLS sockets read. */
function alpnFormat(config: Message | undefined): string | undefined {
  const key = 'envoy.network.application_protocols';
  const state = list(config, 'on_request_headers').find((one) => text(one, 'object_key') === key);
  return state && text(at(state, 'format_string', 'text_format_source'), 'inline_string');
}

const withHeaders = (routed: Routed, headers: Request['headers']): Routed => ({
  ...routed,
  request: { ...routed.request, headers },
});

/** The most specific of the route and the virtual host. */
function perRoute(name: string, { route, host }: Routed): Message | undefined {
  return at(route, 'typed_per_filter_config', name) ?? at(host, 'typed_per_filter_config', name);
}

/** Where proxies before this one are believed, the last of them names the client. */
function askedOf({ walk, request, believes }: Routed): Asked {
  const { call, seen } = walk;
  const last = headerOf(request.headers, 'x-forwarded-for')?.split(',').at(-1)?.trim() ?? '';
  const named = believes && isIP(last) !== 0 ? last : undefined;
  return {
    source: call.source,
    client: named ?? call.source,
    destination: call.destination,
    sni: seen.sni,
    peer: walk.peer,
    headers: pseudoHeaders(request),
  };
}

/** extensions.filters.http.fault: what it aborts by chance may also go on. */
function withFault(
  config: Message | undefined,
  routed: Routed,
  go: (next: Routed) => readonly Verdict[],
): readonly Verdict[] {
  const abort = at(config, 'abort');
  const chance = abort === undefined ? 'never' : percentChance(at(abort, 'percentage'));
  const status = number(abort, 'http_status') ?? 200;
  const aborted = chance === 'never' ? [] : [answered(routed, status, { body: 'fault filter abort' })];
  return chance === 'always' ? aborted : [...aborted, ...go(routed)];
}

/** extensions.filters.http.cors: a preflight of an allowed origin is answered, whatever the route does. */
function withCors(
  policy: Message | undefined,
  routed: Routed,
  go: (next: Routed) => readonly Verdict[],
): readonly Verdict[] {
  const { method, headers } = routed.request;
  const origin = headerOf(headers, 'origin');
  const preflight = method === 'OPTIONS' && headerOf(headers, 'access-control-request-method') !== undefined;
  if (policy === undefined || origin === undefined || !preflight) return go(routed);
  const allowed = list(policy, 'allow_origin_string_match').some((matcher) => matchesString(matcher, origin));
  return allowed ? [answered(routed, 200)] : go(routed);
}
