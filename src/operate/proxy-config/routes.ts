import { isObject, type JsonObject } from '../../model/json.ts';
import { fieldAt, objectsAt, textAt, textsAt } from '../../registry/json-fields.ts';
import type { ConfigDump } from '../config-dump/read-dump.ts';
import { order } from './clusters.ts';
import { configName, type Origins, originCell, type Shown } from './shown.ts';

export interface RouteFilter {
  readonly name?: string;
}

/** A row for each route of each virtual host; those of the proxy's own ports only when they are asked for by name. */
export function showRoutes(dump: ConfigDump, { name }: RouteFilter, origins: Origins): Shown {
  const chosen = dump.routes
    .filter((route) => (name === undefined ? route.state !== 'static' : route.name === name))
    .sort((a, b) => order(a.name, b.name));
  const rows = chosen.flatMap(({ name: config, message }) =>
    objectsAt(message, 'virtual_hosts').flatMap((host) => {
      const hostName = textAt(host, 'name');
      const routes = objectsAt(host, 'routes');
      const own = origins('VHDS', hostName);
      const whole = own.length > 0 ? [] : origins('RDS', config);
      return (routes.length === 0 ? [{}] : routes).map((route) => {
        const rule = configName(textAt(route, 'metadata', 'filter_metadata', 'istio', 'config'));
        const from = own.length > 0 ? own : whole.filter((origin) => isOf(origin, hostName, rule));
        return [config, hostName, domainsCell(textsAt(host, 'domains')), describeMatch(route), rule, originCell(from)];
      });
    }),
  );
  return {
    messages: chosen.map(({ message }) => message),
    table: { headers: ['NAME', 'VHOST NAME', 'DOMAINS', 'MATCH', 'VIRTUAL SERVICE', 'ORIGIN'], rows },
  };
}

/**
 * A route configuration for eager proxies is made from every service of its port: of those the one whose host this is, by
 * `<name>.<namespace>.svc`, and the rule that the route names.
 */
function isOf(origin: string, hostName: string, rule: string): boolean {
  const [kind = '', id = ''] = origin.split(' ');
  const [namespace = '', name = ''] = id.split('/');
  if (kind === 'Service') return hostName.startsWith(`${name}.${namespace}.svc`);
  if (kind === 'VirtualService') return rule === `${name}.${namespace}`;
  return kind !== 'ServiceEntry' || hostName !== 'allow_any';
}

/** The shortest ones say most. */
function domainsCell(domains: readonly string[]): string {
  const [first = '', ...more] = [...domains].sort((a, b) => a.length - b.length || order(a, b));
  return more.length === 0 ? first : `${first}, ${more[0]}${more.length > 1 ? ` + ${more.length - 1} more...` : ''}`;
}

function describeMatch(route: JsonObject): string {
  const match = isObject(route['match']) ? route['match'] : {};
  const path = pathOf(match);
  const headers = objectsAt(match, 'headers').map((header) => textAt(header, 'name'));
  const query = objectsAt(match, 'query_parameters').map((parameter) => textAt(parameter, 'name'));
  const also = [
    headers.length === 0 ? '' : `header ${headers.join(', ')}`,
    query.length === 0 ? '' : `query ${query.join(', ')}`,
    isObject(route['redirect']) ? 'redirected' : '',
    isObject(route['direct_response']) ? `answered ${String(fieldAt(route, 'direct_response', 'status') ?? '')}` : '',
  ].filter((part) => part !== '');
  return [path, ...also].join('; ');
}

function pathOf(match: JsonObject): string {
  const exact = textAt(match, 'path');
  const regex = textAt(match, 'safe_regex', 'regex');
  const separated = textAt(match, 'path_separated_prefix');
  if (exact !== '') return exact;
  if (regex !== '') return `regex ${regex}`;
  if (separated !== '') return `${separated}*`;
  return `${textAt(match, 'prefix')}*`;
}
