import { textAt } from '../../registry/json-fields.ts';
import type { ConfigDump, DumpedResource } from '../config-dump/read-dump.ts';
import { configName, type Origins, originCell, type Shown } from './shown.ts';

export interface ClusterFilter {
  /** The whole host, or the end of it. */
  readonly fqdn?: string;
  readonly port?: number;
  readonly direction?: string;
  readonly subset?: string;
}

/** `outbound|9080|v1|reviews.default.svc.cluster.local`, as Istio names clusters; others have their name as host. */
export interface ClusterName {
  readonly direction: string;
  readonly port: number | undefined;
  readonly subset: string;
  readonly host: string;
}

export function parseClusterName(name: string): ClusterName {
  const [direction = '', port = '', subset = '', host = ''] = name.split('|');
  if (!name.includes('|')) return { direction: '', port: undefined, subset: '', host: name };
  return { direction, port: Number(port) || undefined, subset, host };
}

export function showClusters(dump: ConfigDump, filter: ClusterFilter, origins: Origins): Shown {
  const chosen = dump.clusters
    .map((cluster) => ({ cluster, parts: parseClusterName(cluster.name) }))
    .filter(({ parts }) => passes(parts, filter))
    .sort((a, b) => compare(a.parts, b.parts));
  return {
    messages: chosen.map(({ cluster }) => cluster.message),
    table: {
      headers: ['SERVICE FQDN', 'PORT', 'SUBSET', 'DIRECTION', 'TYPE', 'DESTINATION RULE', 'ORIGIN'],
      rows: chosen.map(({ cluster, parts }) => [
        parts.host,
        String(parts.port ?? '-'),
        parts.subset || '-',
        parts.direction || '-',
        typeOf(cluster),
        configName(textAt(cluster.message, 'metadata', 'filter_metadata', 'istio', 'config')),
        originCell(origins('CDS', cluster.name)),
      ]),
    },
  };
}

/** Envoy leaves out what is the default. */
function typeOf({ message, state }: DumpedResource): string {
  const type = textAt(message, 'cluster_type', 'name') || textAt(message, 'type') || 'STATIC';
  return state === 'warming' ? `${type} (warming)` : type;
}

function passes({ direction, port, subset, host }: ClusterName, filter: ClusterFilter): boolean {
  const { fqdn, port: wanted, direction: way, subset: part } = filter;
  return (
    (fqdn === undefined || host === fqdn || host.endsWith(`.${fqdn}`) || host.startsWith(`${fqdn}.`)) &&
    (wanted === undefined || port === wanted) &&
    (way === undefined || direction === way.toLowerCase()) &&
    (part === undefined || subset === part)
  );
}

function compare(a: ClusterName, b: ClusterName): number {
  return (
    order(a.host, b.host) ||
    (a.port ?? 0) - (b.port ?? 0) ||
    order(a.subset, b.subset) ||
    order(a.direction, b.direction)
  );
}

export function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
