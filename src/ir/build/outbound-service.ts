import type { OutboundPortIR, TcpRouteIR, TlsRouteIR } from '../../ir/types/outbound.ts';
import type { RouteIR, VirtualHostIR } from '../../ir/types/route.ts';
import { noHeaderChanges } from '../../ir/types/route.ts';
import { listenerProtocol, type Protocol } from '../../model/protocol.ts';
import type { ServicePort } from '../../model/service.ts';
import type { Client } from '../../policy/client.ts';
import { resolveHost } from '../../policy/hosts.ts';
import { originsOf } from '../../policy/virtual-service/delegates.ts';
import { clusterName, type DestinationLookup } from '../../policy/virtual-service/destinations.ts';
import { httpRoutesOf } from '../../policy/virtual-service/http-rules.ts';
import { type TcpRuleIR, tcpRoutesOf, tlsRoutesOf } from '../../policy/virtual-service/l4-rules.ts';
import { anyRequest } from '../../policy/virtual-service/match.ts';
import { defaultRetryOf } from '../../policy/virtual-service/retry-policy.ts';
import type { RuleContext } from '../../policy/virtual-service/rule-context.ts';
import type { Config } from '../../registry/snapshot.ts';
import type { VirtualService } from '../../schema/kinds.ts';
import { type ClusterInputs, clustersOf } from './clusters.ts';
import { domainsOf } from './domains.ts';

/** All that the outbound side of a service depends on: equal inputs give equal output. */
export interface ServiceInputs extends ClusterInputs {
  readonly client: Client;
  readonly virtualService: Config<VirtualService> | undefined;
  readonly lookup: DestinationLookup;
  /** Where its traffic goes unless a rule says otherwise: another host for an ExternalName of a known service. */
  readonly target: string;
  /** What clients speak on the port, where a Sidecar says so; undefined is what the service says. */
  readonly protocol: Protocol | undefined;
}

const mesh: ReadonlySet<string> = new Set(['mesh']);

/** Every port of a service for a client; UDP is not the mesh's. */
export function buildOutboundService(inputs: ServiceInputs): readonly OutboundPortIR[] {
  return inputs.service.ports.filter(({ protocol }) => protocol !== 'udp').map((port) => buildPort(inputs, port));
}

function buildPort(inputs: ServiceInputs, port: ServicePort): OutboundPortIR {
  const { service } = inputs;
  const protocol = inputs.protocol ?? port.protocol;
  const kind = listenerProtocol(protocol);
  const context = contextOf(inputs, port.number);
  const tls = context === undefined ? [] : tlsRoutesOf(context);
  const tcp = context === undefined ? [] : tcpRoutesOf(context);
  return {
    service,
    port: port.number,
    portName: port.name,
    protocol,
    virtualHost: kind === 'tcp' ? undefined : virtualHostOf(inputs, port, context),
    tls: kind === 'tcp' ? [...tls, ...bySubnet(tcp)] : [],
    tcp: kind === 'http' ? undefined : plainTcp(inputs, port, tcp),
    clusters: inputs.target === service.hostname ? clustersOf(inputs, port) : [],
  };
}

function contextOf(inputs: ServiceInputs, port: number): RuleContext | undefined {
  const { virtualService: config, client, lookup, settings } = inputs;
  if (config === undefined) return undefined;
  const resolve = (host: string) => resolveHost(host, config.namespace, settings.domainSuffix);
  const defaultRetry = defaultRetryOf(settings.defaultHttpRetryPolicy);
  return { config, port, gateways: mesh, client, defaultRetry, lookup, resolve };
}

function virtualHostOf(inputs: ServiceInputs, port: ServicePort, context: RuleContext | undefined): VirtualHostIR {
  const { service, client, settings, target } = inputs;
  const routes = context === undefined ? [] : httpRoutesOf(context);
  const host = `${service.hostname}:${port.number}`;
  return {
    name: host,
    domains: domainsOf(service, client.namespace, settings.domainSuffix),
    routes: routes.length > 0 ? routes : [defaultRoute(clusterName(port.number, '', target), host, inputs)],
    external: service.external,
    requireTls: false,
    origins: [service.origin, ...(routes.length > 0 && context !== undefined ? originsOf(context.config) : [])],
  };
}

/** To the service itself, as if nobody had said anything. */
function defaultRoute(cluster: string, operation: string, inputs: ServiceInputs): RouteIR {
  const { service, lookup, target, settings } = inputs;
  const retry = defaultRetryOf(settings.defaultHttpRetryPolicy);
  const port = Number(cluster.split('|')[1]);
  const known = lookup(target);
  const hash = known?.hash(port, '') ?? [];
  return {
    name: 'default',
    match: anyRequest,
    headers: noHeaderChanges,
    operation: `${operation}/*`,
    action: {
      kind: 'forward',
      destinations: [{ cluster, weight: 1, headers: noHeaderChanges }],
      timeoutMs: 0,
      ...(retry === undefined ? {} : { retry: hash.length > 0 ? { ...retry, otherHost: false } : retry }),
      mirrors: [],
      hash,
      // Whoever calls an ExternalName of a headless service has the address of a pod, too.
      keepAddress: (known?.service ?? service).resolution === 'headless',
      ...((known?.service ?? service).resolution === 'dynamic-dns' ? { lookedUpPort: port } : {}),
    },
  };
}

function plainTcp(inputs: ServiceInputs, port: ServicePort, rules: readonly TcpRuleIR[]): TcpRouteIR {
  const general = rules.find(({ subnets }) => subnets.length === 0);
  if (general !== undefined && general.destinations.length > 0) return general;
  const cluster = clusterName(port.number, '', inputs.target);
  const connection = inputs.lookup(inputs.target)?.connection(port.number, '');
  const destinations = [{ cluster, weight: 1 }];
  return { destinations, ...(connection === undefined ? {} : { connection }), origins: [inputs.service.origin] };
}

/** Rules for single addresses have no server name. */
function bySubnet(rules: readonly TcpRuleIR[]): TlsRouteIR[] {
  return rules.filter(({ subnets }) => subnets.length > 0).map((rule) => ({ ...rule, sniHosts: [] }));
}
