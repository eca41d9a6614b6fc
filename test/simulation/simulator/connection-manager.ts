import type { Request, Verdict } from './call.ts';
import { throughFilters } from './http-filters.ts';
import { at, flag, type Message, text } from './message.ts';
import { normalised } from './path.ts';
import { routesOf } from './route-match.ts';
import { virtualHostOf } from './virtual-host.ts';
import { closed, type Walk } from './walk.ts';

/** config.route.v3.VirtualHost.require_tls: a route of its own that has nothing of the host's; the port stays what it was. */
const toHttps = ({ authority }: Request): Message => ({
  redirect: { https_redirect: true, host_redirect: authority },
});

/** extensions.filters.network.http_connection_manager: host, route, filters. */
export function manage(manager: Message, walk: Walk): readonly Verdict[] {
  const { call, proxy } = walk;
  if (call.request === 'bytes') return closed('bytes that are no HTTP');
  const request = received(manager, call.request, walk.terminated);
  const name = text(at(manager, 'rds'), 'route_config_name');
  const routes = name === '' ? at(manager, 'route_config') : proxy.route(name);
  if (routes === undefined) return closed(`there is no route configuration ${name}`);
  const host = virtualHostOf(routes, name, request.authority, proxy);
  const believes = flag(manager, 'use_remote_address') !== true;
  const base = { walk, routes, host, request, believes, loadsClusters: false, alpnFormat: undefined };
  if (host !== undefined && text(host, 'require_tls') === 'ALL' && !walk.terminated)
    return throughFilters(manager, { ...base, host: undefined, route: toHttps(request) });
  const candidates = host === undefined ? [undefined] : routesOf(host, request);
  return candidates.flatMap((route) => throughFilters(manager, { ...base, route }));
}

function received(manager: Message, request: Request, secure: boolean): Request {
  const path = flag(manager, 'normalize_path') === true ? normalised(request.path) : request.path;
  const headers = request.headers.map(([name, value]) => [name.toLowerCase(), value] as const);
  const said = request.version === 'http/2' ? request.scheme : undefined;
  return { ...request, path, headers, scheme: said ?? (secure ? 'https' : 'http') };
}
