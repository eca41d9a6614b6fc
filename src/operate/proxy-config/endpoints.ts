import { OutriggerError } from '../../errors.ts';
import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import { fieldAt, objectsAt, textAt } from '../../registry/json-fields.ts';
import type { ConfigDump } from '../config-dump/read-dump.ts';
import { order } from './clusters.ts';
import { type Origins, originCell, type Shown } from './shown.ts';

export interface EndpointFilter {
  readonly address?: string;
  readonly port?: number;
  readonly cluster?: string;
  readonly status?: string;
}

/** An endpoint of a cluster, as the proxy sees it at this moment. */
interface EndpointRow {
  readonly address: string;
  readonly port: number | undefined;
  readonly status: string;
  readonly outlier: 'OK' | 'FAILED';
  readonly cluster: string;
  readonly message: JsonObject;
}

/** From `/clusters?format=json`, which knows what checks and ejections made of them. Throws OR2533. */
export function readHostStatuses(text: string, from: string): EndpointRow[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new OutriggerError('OR2533', `${from}: /clusters is no JSON`, { cause });
  }
  return objectsAt(isObject(value) ? value : null, 'cluster_statuses').flatMap((cluster) =>
    objectsAt(cluster, 'host_statuses').map((host) => {
      const health = isObject(host['health_status']) ? host['health_status'] : {};
      return {
        ...placeOf(host['address']),
        status: statusOf(health),
        outlier: health['failed_outlier_check'] === true ? ('FAILED' as const) : ('OK' as const),
        cluster: textAt(cluster, 'name'),
        message: { cluster: textAt(cluster, 'name'), ...host },
      };
    }),
  );
}

/** From a config dump alone: what the control plane said of them. */
export function endpointsOfDump(dump: ConfigDump): EndpointRow[] {
  return dump.endpoints.flatMap(({ name, message }) =>
    objectsAt(message, 'endpoints').flatMap((locality) =>
      objectsAt(locality, 'lb_endpoints').map((entry) => ({
        ...placeOf(fieldAt(entry, 'endpoint', 'address')),
        status: textAt(entry, 'health_status') || 'HEALTHY',
        outlier: 'OK' as const,
        cluster: name,
        message: { cluster: name, ...entry },
      })),
    ),
  );
}

export function showEndpoints(all: readonly EndpointRow[], filter: EndpointFilter, origins: Origins): Shown {
  const chosen = all
    .filter((row) => passes(row, filter))
    .sort((a, b) => order(a.address, b.address) || (a.port ?? 0) - (b.port ?? 0) || order(a.cluster, b.cluster));
  return {
    messages: chosen.map(({ message }) => message),
    table: {
      headers: ['ENDPOINT', 'STATUS', 'OUTLIER CHECK', 'CLUSTER', 'ORIGIN'],
      rows: chosen.map(({ address, port, status, outlier, cluster }) => [
        port === undefined ? address : `${address.includes(':') ? `[${address}]` : address}:${port}`,
        status,
        outlier,
        cluster,
        originCell(origins('EDS', cluster)),
      ]),
    },
  };
}

function placeOf(address: Json | undefined): Pick<EndpointRow, 'address' | 'port'> {
  const ip = textAt(address, 'socket_address', 'address');
  const port = fieldAt(address, 'socket_address', 'port_value');
  if (ip !== '') return { address: ip, port: typeof port === 'number' ? port : undefined };
  const pipe = textAt(address, 'pipe', 'path');
  const internal = textAt(address, 'envoy_internal_address', 'server_listener_name');
  return { address: pipe === '' ? `envoy://${internal}` : `unix://${pipe}`, port: undefined };
}

const failures = ['failed_active_health_check', 'failed_active_degraded_check', 'pending_active_hc'];

function statusOf(health: JsonObject): string {
  if (failures.some((failure) => health[failure] === true)) return 'UNHEALTHY';
  return textAt(health, 'eds_health_status') || 'HEALTHY';
}

function passes(row: EndpointRow, { address, port, cluster, status }: EndpointFilter): boolean {
  return (
    (address === undefined || row.address === address) &&
    (port === undefined || row.port === port) &&
    (cluster === undefined || row.cluster === cluster) &&
    (status === undefined || row.status.toLowerCase() === status.toLowerCase())
  );
}
