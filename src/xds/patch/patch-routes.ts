import type { PatchIR, RouteMatchIR } from '../../ir/types/patch.ts';
import type { Message } from '../resource.ts';
import { patchedList } from './list-patch.ts';
import { canonical, merged } from './merge.ts';

const configurationType = 'envoy.config.route.v3.RouteConfiguration';
const hostType = 'envoy.config.route.v3.VirtualHost';
const routeType = 'envoy.config.route.v3.Route';

const messages = (value: unknown): readonly Message[] => (Array.isArray(value) ? value : []);

const boundTo = /\.(([0-9]{1,3}\.){3}[0-9]{1,3}|[0-9a-f]*:[0-9a-f:.]*)$/;

/**
 * Of a gateway: that of a port in cleartext is of every Gateway, `http.80`; with TLS each server has its own,
 * `https.443.https.gw.ns`, behind which the address stands that it is bound to.
 */
export function patchGatewayRoutes(routes: Message, patch: PatchIR): Message {
  const { portName: wantedName, gateway: wantedGateway } = patch.route ?? {};
  const [, , portName, ...place] = String(routes.name ?? '')
    .replace(boundTo, '')
    .split('.');
  const gateway = `${place.at(-1)}/${place.slice(0, -1).join('.')}`;
  if (wantedName !== undefined && wantedName !== portName) return routes;
  if (wantedGateway !== undefined && wantedGateway !== gateway) return routes;
  return patchRouteConfiguration(routes, patch);
}

/** The route configuration after the patch; the same one where it fits nothing. */
export function patchRouteConfiguration(routes: Message, patch: PatchIR): Message {
  if (!isMatched(String(routes.name ?? ''), patch.route)) return routes;
  if (patch.target === 'ROUTE_CONFIGURATION')
    return patch.operation === 'MERGE'
      ? (merged(configurationType, routes, canonical(configurationType, patch.value)) as Message)
      : routes;
  const hosts = messages(routes.virtual_hosts);
  const isNamed = (host: Message) => isMatchedHost(host, String(host.name ?? ''), patch.route);
  const next =
    patch.target === 'VIRTUAL_HOST'
      ? patchedList(hosts, { patch, type: hostType, isNamed, names: true })
      : hosts.map((host) => (isNamed(host) ? withRoutes(host, patch) : host));
  return next.length === hosts.length && next.every((host, index) => host === hosts[index])
    ? routes
    : { ...routes, virtual_hosts: next };
}

/** A virtual host that comes by itself, `<port>/<host>:<port>`: it keeps its name, and what is removed serves nothing. */
export function patchVirtualHost(host: Message, patch: PatchIR): Message {
  const [port = '', name = ''] = String(host.name ?? '').split('/');
  if (!isMatched(port, patch.route) || !isMatchedHost(host, name, patch.route)) return host;
  if (patch.target === 'HTTP_ROUTE') return withRoutes(host, patch);
  if (patch.target !== 'VIRTUAL_HOST') return host;
  if (patch.operation === 'REMOVE') return { ...host, routes: [] };
  const value = canonical(hostType, patch.value) as Message;
  // Envoy has asked for these domains.
  if (patch.operation === 'REPLACE') return { ...value, name: host.name, domains: host.domains };
  return patch.operation === 'MERGE' ? { ...(merged(hostType, host, value) as Message), name: host.name } : host;
}

/** Its name begins or ends with its port: `80`, `http.8080`, `https.443.https.gw.ns`, `inbound|8080||`. */
function isMatched(name: string, match: RouteMatchIR | undefined): boolean {
  if (match?.name !== undefined && match.name !== name) return false;
  if (match?.portNumber === undefined) return true;
  return name.split(/[.|:]/).includes(String(match.portNumber));
}

function isMatchedHost(host: Message, name: string, match: RouteMatchIR | undefined): boolean {
  const { name: wanted, domainName } = match?.vhost ?? {};
  if (wanted !== undefined && wanted !== name) return false;
  return domainName === undefined || (Array.isArray(host.domains) && host.domains.includes(domainName));
}

const actions: Readonly<Record<string, string>> = {
  ROUTE: 'route',
  REDIRECT: 'redirect',
  DIRECT_RESPONSE: 'direct_response',
};

function withRoutes(host: Message, patch: PatchIR): Message {
  const { name, action = 'ANY' } = patch.route?.vhost?.route ?? {};
  const field = actions[action];
  const isNamed = (route: Message) =>
    (name === undefined || route.name === name) && (field === undefined || route[field] !== undefined);
  const routes = messages(host.routes);
  if (patch.operation === 'REPLACE') return host;
  // As in Istio, what names no route removes them all.
  const names = patch.route?.vhost?.route !== undefined || patch.operation === 'REMOVE';
  const next = patchedList(routes, { patch, type: routeType, isNamed, names, firstIfNamed: true });
  return next === routes ? host : { ...host, routes: next };
}
