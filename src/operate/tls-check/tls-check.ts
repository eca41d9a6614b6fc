import { buildLoadAssignment } from '../../ir/build/load-assignments.ts';
import type { ClusterIR } from '../../ir/types/cluster.ts';
import type { MtlsMode } from '../../ir/types/inbound.ts';
import type { EndpointIR } from '../../ir/types/load-assignment.ts';
import { type OutboundView, portsOfView } from '../../ir/types/view.ts';
import type { Origin } from '../../model/origin.ts';
import type { Service } from '../../model/service.ts';
import type { Workload } from '../../model/workload.ts';
import type { PeerAuthenticationIndex } from '../../policy/peer-authentication/mode.ts';
import type { Snapshot } from '../../registry/snapshot.ts';
import type { TrafficPolicy } from '../../schema/destination-rule/traffic-policy.ts';
import type { Table } from '../text/table.ts';

/** What takes connections: by the policy in force for it, or without a sidecar (`HTTP`). */
export type ServerMode = 'STRICT' | 'PERMISSIVE' | 'HTTP';
/** What a client sends: mutual TLS of the mesh, plaintext, or TLS that a rule asks for. */
export type ClientMode = 'mTLS' | 'HTTP' | 'TLS';

export interface TlsRow {
  /** With the subset, where its policy is another than that of the service: `reviews…:9080|v2`. */
  readonly hostPort: string;
  readonly status: 'OK' | 'CONFLICT';
  /** Several where pods differ. */
  readonly server: readonly ServerMode[];
  readonly client: readonly ClientMode[];
  readonly authentication: Origin | undefined;
  readonly rule: Origin | undefined;
}

export interface TlsCheckInputs {
  readonly client: Workload;
  readonly view: OutboundView;
  readonly modes: PeerAuthenticationIndex;
  readonly snapshot: Pick<Snapshot, 'endpoints' | 'destinationRules'>;
}

/** How a pod would call each port of each service that it knows, against what the servers take. In order of hosts. */
export function checkTls(inputs: TlsCheckInputs, wanted?: (service: Service) => boolean): TlsRow[] {
  const ports = portsOfView(inputs.view)
    .filter(({ service }) => wanted?.(service) ?? true)
    .sort((a, b) =>
      a.service.hostname < b.service.hostname ? -1 : a.service.hostname > b.service.hostname ? 1 : a.port - b.port,
    );
  return ports.flatMap(({ service, clusters }) => {
    const [whole, ...subsets] = clusters;
    if (whole === undefined) return [];
    const others = subsets.filter((subset) => subset.tls.kind !== whole.tls.kind);
    return [whole, ...others].map((cluster) => rowOf(inputs, service, cluster));
  });
}

interface Call {
  readonly server: ServerMode;
  readonly client: ClientMode;
}

function rowOf({ client, modes, snapshot }: TlsCheckInputs, service: Service, cluster: ClusterIR): TlsRow {
  const { labels, portName } = cluster.selection;
  const assignment = buildLoadAssignment({
    ...{ cluster: cluster.name, service, portName, labels, modes, nearness: undefined, crossing: undefined },
    endpoints: snapshot.endpoints.get(service.id) ?? [],
  });
  const endpoints = assignment.localities.flatMap((locality) => locality.endpoints);
  const calls = endpoints.map((endpoint): Call => {
    return { server: serverMode(endpoint, modes), client: clientMode(client, cluster, endpoint.mtls) };
  });
  const known = calls.length > 0 ? calls : [callOfNobody(client, cluster, service, modes)];
  const [first] = endpoints;
  const suffix = cluster.subset === '' ? '' : `|${cluster.subset}`;
  const policy = first === undefined ? undefined : modes.forWorkload(first.endpoint.namespace, first.endpoint.labels);
  return {
    hostPort: `${service.hostname}:${cluster.port}${suffix}`,
    status: known.every(agrees) ? 'OK' : 'CONFLICT',
    server: [...new Set(known.map((call) => call.server))].sort(),
    client: [...new Set(known.map((call) => call.client))].sort(),
    authentication: (policy ?? modes.forWorkload(service.namespace, {})).origin,
    rule: cluster.tls.kind === 'auto' ? undefined : ruleOf(cluster, snapshot.destinationRules),
  };
}

/** Several rules for a host may be one: that which says something of TLS. */
function ruleOf({ origins }: ClusterIR, rules: Snapshot['destinationRules']): Origin | undefined {
  const own = rules.filter(({ namespace, name }) =>
    origins.some(
      (origin) => origin.kind === 'DestinationRule' && origin.namespace === namespace && origin.name === name,
    ),
  );
  return own.find(({ spec }) => [spec, ...(spec.subsets ?? [])].some(({ trafficPolicy }) => saysTls(trafficPolicy)))
    ?.origin;
}

function saysTls(policy: TrafficPolicy | undefined): boolean {
  return policy?.tls !== undefined || policy?.portLevelSettings?.some(({ tls }) => tls !== undefined) === true;
}

/** Nothing is behind it: what would be said of a pod of its namespace. */
function callOfNobody(client: Workload, cluster: ClusterIR, service: Service, modes: PeerAuthenticationIndex): Call {
  if (service.external) return { server: 'HTTP', client: clientMode(client, cluster, false) };
  const server = modeName(modes.forNamespace(service.namespace));
  return { server, client: clientMode(client, cluster, server !== 'HTTP') };
}

function serverMode({ endpoint }: EndpointIR, modes: PeerAuthenticationIndex): ServerMode {
  if (!endpoint.meshed) return 'HTTP';
  const { mode, ports } = modes.forWorkload(endpoint.namespace, endpoint.labels);
  return modeName(ports.get(endpoint.port) ?? mode);
}

function modeName(mode: MtlsMode): ServerMode {
  return mode === 'strict' ? 'STRICT' : mode === 'permissive' ? 'PERMISSIVE' : 'HTTP';
}

function clientMode(client: Workload, { tls }: ClusterIR, mtls: boolean): ClientMode {
  // Rules are for proxies.
  if (!client.meshed) return 'HTTP';
  switch (tls.kind) {
    case 'mesh':
      return 'mTLS';
    case 'auto':
      return mtls ? 'mTLS' : 'HTTP';
    case 'given':
      return 'TLS';
    case 'none':
      return 'HTTP';
  }
}

/** TLS of a rule goes through a permissive sidecar to an app that speaks it, and nothing is known of apps without one. */
function agrees({ server, client }: Call): boolean {
  if (server === 'STRICT') return client === 'mTLS';
  return server === 'PERMISSIVE' || client !== 'mTLS';
}

export function tlsTable(rows: readonly TlsRow[]): Table {
  return {
    headers: ['HOST:PORT', 'STATUS', 'SERVER', 'CLIENT', 'AUTHN POLICY', 'DESTINATION RULE'],
    rows: rows.map(({ hostPort, status, server, client, authentication, rule }) => [
      hostPort,
      status,
      server.join('/'),
      client.join('/'),
      nameOf(authentication),
      nameOf(rule),
    ]),
  };
}

function nameOf(origin: Origin | undefined): string {
  return origin === undefined ? '-' : `${origin.name}/${origin.namespace}`;
}
