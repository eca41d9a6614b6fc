import { isObject, type JsonObject } from '../../model/json.ts';
import { fieldAt, objectsAt, textAt, textsAt } from '../../registry/json-fields.ts';
import type { ConfigDump, DumpedResource } from '../config-dump/read-dump.ts';
import { order } from './clusters.ts';
import { type Origins, originCell, type Shown } from './shown.ts';

export interface ListenerFilter {
  readonly address?: string;
  readonly port?: number;
  /** `HTTP`, `TCP`, `HTTP+TCP`. */
  readonly type?: string;
}

interface Row {
  readonly address: string;
  readonly port: number;
  readonly match: string;
  readonly destination: string;
  readonly type: 'HTTP' | 'TCP' | 'OTHER';
}

/** A row for each filter chain: what it takes, and where that goes. */
export function showListeners(dump: ConfigDump, filter: ListenerFilter, origins: Origins): Shown {
  const chosen = dump.listeners
    .filter(({ state }) => state !== 'draining')
    .map((listener) => ({ listener, rows: rowsOf(listener).filter((row) => passes(row, filter)) }))
    .filter(({ listener, rows }) => rows.length > 0 && hasType(rowsOf(listener), filter.type))
    .sort((a, b) => order(a.rows[0]?.address ?? '', b.rows[0]?.address ?? '') || portOf(a) - portOf(b));
  return {
    messages: chosen.map(({ listener }) => listener.message),
    table: {
      headers: ['ADDRESS', 'PORT', 'MATCH', 'DESTINATION', 'ORIGIN'],
      rows: chosen.flatMap(({ listener, rows }) =>
        rows.map(({ address, port, match, destination }) => [
          address,
          String(port),
          match,
          destination,
          originCell(origins('LDS', listener.name)),
        ]),
      ),
    },
  };
}

function portOf({ rows }: { readonly rows: readonly Row[] }): number {
  return rows[0]?.port ?? 0;
}

function rowsOf({ message }: DumpedResource): Row[] {
  const address = textAt(message, 'address', 'socket_address', 'address') || textAt(message, 'address', 'pipe', 'path');
  const port = Number(fieldAt(message, 'address', 'socket_address', 'port_value') ?? 0);
  const last = fieldAt(message, 'default_filter_chain');
  const chains = [...objectsAt(message, 'filter_chains'), ...(isObject(last) ? [last] : [])];
  return chains.map((chain) => {
    const match = isObject(chain['filter_chain_match']) ? describeMatch(chain['filter_chain_match']) : '';
    return { address, port, match: match || 'ALL', ...destinationOf(objectsAt(chain, 'filters')) };
  });
}

/** `Trans: tls; App: istio-http/1.1; Addr: 10.96.0.0/16:9080`, in the words of istioctl. */
function describeMatch(match: JsonObject): string {
  const names = textsAt(match, 'server_names');
  const transport = textAt(match, 'transport_protocol');
  const protocols = textsAt(match, 'application_protocols');
  const port = fieldAt(match, 'destination_port');
  const ranges = objectsAt(match, 'prefix_ranges').map((range) => {
    const length = fieldAt(range, 'prefix_len');
    return `${textAt(range, 'address_prefix')}/${typeof length === 'number' ? length : 0}`;
  });
  const places = ranges.length === 0 && typeof port === 'number' ? ['*'] : ranges;
  return [
    names.length === 0 ? '' : `SNI: ${names.join(',')}`,
    transport === '' ? '' : `Trans: ${transport}`,
    protocols.length === 0 ? '' : `App: ${protocols.join(',')}`,
    places.length === 0
      ? ''
      : `Addr: ${places.map((place) => `${place}${typeof port === 'number' ? `:${port}` : ''}`).join(',')}`,
  ]
    .filter((part) => part !== '')
    .join('; ');
}

const managerType = 'HttpConnectionManager';
const tcpType = 'TcpProxy';

function destinationOf(filters: readonly JsonObject[]): Pick<Row, 'destination' | 'type'> {
  for (const filter of filters) {
    const config = filter['typed_config'];
    const type = textAt(config, '@type');
    if (type.endsWith(managerType)) return { destination: routeOf(config as JsonObject), type: 'HTTP' };
    if (type.endsWith(tcpType)) return { destination: clusterOf(config as JsonObject), type: 'TCP' };
  }
  return { destination: 'Non-HTTP/Non-TCP', type: 'OTHER' };
}

function routeOf(manager: JsonObject): string {
  const name = textAt(manager, 'rds', 'route_config_name');
  if (name !== '') return `Route: ${name}`;
  const hosts = objectsAt(manager, 'route_config', 'virtual_hosts');
  const paths = hosts.flatMap((host) =>
    objectsAt(host, 'routes').map((route) => textAt(route, 'match', 'path') || `${textAt(route, 'match', 'prefix')}*`),
  );
  return `Inline Route: ${paths.join(', ')}`;
}

function clusterOf(proxy: JsonObject): string {
  const name = textAt(proxy, 'cluster');
  if (name !== '') return `Cluster: ${name}`;
  const shares = objectsAt(proxy, 'weighted_clusters', 'clusters');
  return `Cluster: ${shares.map((share) => `${textAt(share, 'name')} (${String(share['weight'] ?? '')})`).join(', ')}`;
}

function passes(row: Row, { address, port, type }: ListenerFilter): boolean {
  const typed = type === undefined || type.includes('+') || row.type === type.toUpperCase();
  return typed && (address === undefined || row.address === address) && (port === undefined || row.port === port);
}

/** `HTTP+TCP`: listeners that have both. */
function hasType(rows: readonly Row[], type: string | undefined): boolean {
  if (type?.includes('+') !== true) return true;
  return ['HTTP', 'TCP'].every((one) => rows.some((row) => row.type === one));
}
