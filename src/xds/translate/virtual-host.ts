import { noHeaderChanges, type RouteActionIR, type RouteIR, type VirtualHostIR } from '../../ir/types/route.ts';
import type { Origin } from '../../model/origin.ts';
import { corsOfRoute } from '../filters/cors.ts';
import { faultOfRoute } from '../filters/fault.ts';
import { peerHeader } from '../filters/peer-header.ts';
import type { Message } from '../resource.ts';
import { given } from './common.ts';
import { translateHeaderChanges } from './header-changes.ts';
import { translateForward } from './route-action.ts';
import { translateRouteMatch } from './route-match.ts';

/** Tells the load balancer of a headless service which pod the client meant. */
export const chosenEndpointHeader = 'x-outrigger-destination';

/** envoy.config.route.v3.VirtualHost */
export function translateVirtualHost(host: VirtualHostIR): Message {
  return given({
    name: host.name,
    domains: host.domains,
    routes: host.routes.map(translateRoute),
    include_request_attempt_count: true,
    require_tls: host.requireTls ? 'ALL' : undefined,
    request_headers_to_remove: host.external ? [peerHeader] : undefined,
  });
}

function translateRoute(route: RouteIR): Message {
  const { headers, action, origin } = route;
  const perFilter = { ...faultOfRoute(route.fault), ...corsOfRoute(route.cors) };
  return given({
    name: route.name === '' ? undefined : route.name,
    match: translateRouteMatch(route.match, action.kind === 'forward' ? action.lookedUpPort : undefined),
    ...translateAction(action),
    ...joinLists([translateHeaderChanges(headers), singleHeaders(action), chosenEndpoint(action)]),
    decorator: { operation: route.operation },
    typed_per_filter_config: Object.keys(perFilter).length === 0 ? undefined : perFilter,
    stat_prefix: route.statPrefix,
    metadata: origin === undefined ? undefined : { filter_metadata: { istio: { config: configPath(origin) } } },
  });
}

/** `/apis/networking.istio.io/v1/namespaces/default/virtual-service/reviews`, as Istio writes it; of others the kind. */
function configPath({ kind, namespace, name }: Origin): string {
  if (kind !== 'VirtualService') return `${kind}/${namespace}/${name}`;
  return `/apis/networking.istio.io/v1/namespaces/${namespace}/virtual-service/${name}`;
}

function translateAction(action: RouteActionIR): Message {
  switch (action.kind) {
    case 'forward':
      return { route: translateForward(action) };
    case 'redirect':
      return {
        redirect: given({
          host_redirect: action.host,
          scheme_redirect: action.scheme,
          port_redirect: action.port,
          path_redirect: action.path,
          prefix_rewrite: action.prefix,
          response_code: redirectCodes[action.code] ?? 'MOVED_PERMANENTLY',
        }),
      };
    case 'direct':
      return {
        direct_response: given({
          status: action.status,
          body:
            action.body !== undefined
              ? { inline_string: action.body }
              : action.bytes === undefined
                ? undefined
                : { inline_bytes: action.bytes },
        }),
      };
  }
}

const redirectCodes: Readonly<Record<number, string>> = {
  301: 'MOVED_PERMANENTLY',
  302: 'FOUND',
  303: 'SEE_OTHER',
  307: 'TEMPORARY_REDIRECT',
  308: 'PERMANENT_REDIRECT',
};

/** A lone destination has no weighted cluster to carry its headers: they are the route's. */
function singleHeaders(action: RouteActionIR): Message {
  if (action.kind !== 'forward' || action.destinations.length !== 1) return {};
  return translateHeaderChanges(action.destinations[0]?.headers ?? noHeaderChanges);
}

function chosenEndpoint(action: RouteActionIR): Message {
  if (action.kind !== 'forward' || !action.keepAddress) return {};
  const header = { key: chosenEndpointHeader, value: '%DOWNSTREAM_LOCAL_ADDRESS%' };
  return { request_headers_to_add: [{ header, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' }] };
}

/** Fields that are lists, put together. */
function joinLists(messages: readonly Message[]): Message {
  const joined = new Map<string, unknown[]>();
  for (const [field, list] of messages.flatMap((message) => Object.entries(message)))
    joined.set(field, [...(joined.get(field) ?? []), ...(Array.isArray(list) ? list : [])]);
  return Object.fromEntries(joined);
}
