import type { Request, Verdict } from './call.ts';
import { throughFilters } from './http-filters.ts';
import { at, flag, type Message, text } from './message.ts';
import { normalised } from './path.ts';
import { routesOf } from './route-match.ts';
import { answered, type Routed } from './router.ts';
import { virtualHostOf } from './virtual-host.ts';
import { closed, type Walk } from './walk.ts';

/** extensions.filters.network.http_connection_manager: host, route, filters. */
export function manage(manager: Message, walk: Walk): readonly Verdict[] {
  const { call, proxy } = walk;
  if (call.request === 'bytes') return closed('bytes that are no HTTP');
  const request = received(manager, call.request);
  const name = text(at(manager, 'rds'), 'route_config_name');
  const routes = name === '' ? at(manager, 'route_config') : proxy.route(name);
  if (routes === undefined) return closed(`there is no route configuration ${name}`);
  const host = virtualHostOf(routes, name, request.authority, proxy);
  const base = { walk, routes, host, request, loadsClusters: false };
  if (host !== undefined && text(host, 'require_tls') === 'ALL' && !walk.terminated)
    return [secured({ ...base, route: undefined })];
  const candidates = host === undefined ? [undefined] : routesOf(host, request);
  return candidates.flatMap((route) => throughFilters(manager, { ...base, route }));
}

function received(manager: Message, request: Request): Request {
  const path = flag(manager, 'normalize_path') === true ? normalised(request.path) : request.path;
  const headers = request.headers.map(([name, value]) => [name.toLowerCase(), value] as const);
  return { ...request, path, headers };
}

/** config.route.v3.VirtualHost.require_tls: everything is sent to the same place with https. */
function secured(routed: Routed): Verdict {
  const { authority, path } = routed.request;
  return answered(routed, 301, { location: `https://${authority}${path}` });
}
