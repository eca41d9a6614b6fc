import type { MeshSettings } from '../../model/mesh-settings.ts';
import { isServerName } from '../../model/server-name.ts';
import { rateLimitsFor } from '../../policy/rate-limit/select.ts';
import { tokenRulesFor } from '../../policy/request-authentication/select.ts';
import type { DestinationLookup } from '../../policy/virtual-service/destinations.ts';
import type { Snapshot } from '../../registry/snapshot.ts';
import type { DownstreamTlsIR } from '../types/downstream-tls.ts';
import type { GatewayIR, GatewayListenerIR, GatewayProblem, GatewayServerIR } from '../types/gateway.ts';
import type { TlsRouteIR } from '../types/outbound.ts';
import { askedCluster, buildAuthorization } from './authorization.ts';
import { autoPassthroughRoutes } from './auto-passthrough.ts';
import { gatewayClusters, withAsked } from './gateway-clusters.ts';
import { passthroughRoutes, tcpServerRoutes, unlikeRoutes } from './gateway-connections.ts';
import { type GatewayFacts, type GatewayScene, type PlacedServer, problemOf } from './gateway-facts.ts';
import { serverHosts, serverNames, unfitNames } from './gateway-hosts.ts';
import { type GatewayMemory, settled } from './gateway-memory.ts';
import { mergeServers, type ServerGroup } from './gateway-merge.ts';
import { visibleVirtualServices } from './gateway-rules.ts';
import { placeServers } from './gateway-servers.ts';
import { downstreamTlsOf } from './gateway-tls.ts';
import { gatewayVirtualHosts } from './gateway-virtual-hosts.ts';
import type { Seen } from './outbound-views.ts';

export interface GatewayInputs {
  readonly snapshot: Snapshot;
  readonly settings: MeshSettings;
  readonly facts: GatewayFacts;
  /** The mesh as this gateway sees it. */
  readonly seen: Seen;
  readonly memory: GatewayMemory;
  /** What it was until now. */
  readonly before: GatewayIR | undefined;
}

/** What a proxy takes from outside because Gateways select its pod. What cannot be is left out and told. */
export function buildGateway(inputs: GatewayInputs): GatewayIR {
  const { snapshot, settings, facts, seen, memory } = inputs;
  const problems: GatewayProblem[] = [];
  const scene: GatewayScene = {
    snapshot,
    settings,
    virtualServices: visibleVirtualServices(memory.routing(snapshot), facts.namespace),
    client: seen.client,
    lookup: withoutPods(seen.lookup),
    view: seen.view,
    routesOf: (context) => memory.routesOf(context, seen),
    report: (problem) => problems.push(problem),
  };
  const placement = placeServers(snapshot, facts);
  const merged = mergeServers(placement.servers);
  problems.push(...placement.problems, ...merged.problems);
  const built = merged.groups.map((group) => listenerOf(group, scene, facts)).filter(isServing);
  const listeners = settled(built, inputs.before);
  const trustDomains = [settings.trustDomain, ...settings.trustDomainAliases];
  const { rootNamespaces } = settings;
  const policyQuery = { ...facts, rootNamespaces, trustDomains, keys: snapshot.tokenKeys };
  const providers = settings.extensionProviders;
  const { problem, ...authorization } = buildAuthorization(snapshot, { ...policyQuery, providers, view: seen.view });
  if (problem !== undefined) problems.push(problemOf('no-authorizer', problem.message, ...problem.origins));
  const clusterOf = (service: string, port: number) => askedCluster(seen.view, service, port);
  const rateLimits = rateLimitsFor(snapshot.rateLimits, { ...policyQuery, clusterOf });
  for (const { message, origins } of rateLimits.problems) problems.push(problemOf('no-counter', message, ...origins));
  return {
    listeners,
    clusters: withAsked(gatewayClusters(listeners, seen.view, scene), [
      authorization.external?.authorizer.cluster,
      rateLimits.global?.cluster,
    ]),
    rateLimits,
    tokens: {
      rules: tokenRulesFor(snapshot.requestAuthentications, policyQuery),
      chooseAgain: listeners.some(asksClaims),
    },
    ...authorization,
    trustDomains,
    problems,
  };
}

/** A pod behind a headless service is the client's to choose, and clients of a gateway know of none. */
function withoutPods(lookup: DestinationLookup): DestinationLookup {
  return (host) => {
    const known = lookup(host);
    if (known?.service.resolution !== 'headless') return known;
    return { ...known, service: { ...known.service, resolution: 'endpoints' } };
  };
}

function listenerOf(group: ServerGroup, scene: GatewayScene, facts: GatewayFacts): GatewayListenerIR {
  const { port, bind } = group;
  if (group.speaks === 'http') return { port, bind, servers: [plainHttp(group, scene)] };
  const taken = new Set<string>();
  const servers = group.servers.flatMap((placed) => serverOf(placed, { scene, facts, taken }));
  return { port, bind, servers };
}

function asksClaims({ servers }: GatewayListenerIR): boolean {
  return servers.some(
    (server) =>
      server.kind === 'http' &&
      server.virtualHosts.some(({ routes }) => routes.some(({ match }) => match.claims !== undefined)),
  );
}

/** A port whose servers all have nothing to do with a connection takes none. */
const isServing = ({ servers }: GatewayListenerIR) => servers.length > 0;

/** All plain HTTP of a port is one: the Host header tells its servers apart. */
function plainHttp({ servers, port, bind }: ServerGroup, scene: GatewayScene): GatewayServerIR {
  return {
    kind: 'http',
    name: servers[0]?.server.name ?? '',
    tls: undefined,
    sniHosts: [],
    routeName: `http.${port}${suffixOf(bind)}`,
    virtualHosts: gatewayVirtualHosts(servers, scene),
    origins: servers.map(({ origin }) => origin),
  };
}

const suffixOf = (bind: string) => (bind === '' ? '' : `.${bind}`);

interface ServerContext {
  readonly scene: GatewayScene;
  readonly facts: GatewayFacts;
  /** Connections that servers before this one take. */
  readonly taken: Set<string>;
}

function serverOf(placed: PlacedServer, context: ServerContext): GatewayServerIR[] {
  const { scene, facts, taken } = context;
  const { kind, server, config } = placed;
  const hosts = serverHosts(server.hosts, config).map(({ host }) => host);
  if (kind !== 'tcp') for (const problem of unfitNames(hosts, placed)) scene.report(problem);
  const tls = kind === 'https' || kind === 'tls' ? downstreamTlsOf(placed, server.tls ?? {}, facts) : undefined;
  if (tls !== undefined && 'fault' in tls) {
    scene.report(tls);
    return [];
  }
  if (kind === 'https') return terminated(placed, hosts.filter(isServerName), { ...context, tls });
  const routes = connectionRoutes(placed, scene);
  const unlike = unlikeRoutes(routes, taken, scene);
  if (unlike.length === 0) return [];
  return [{ kind: 'tcp', name: server.name ?? '', tls, routes: unlike, origins: [placed.origin] }];
}

function connectionRoutes(placed: PlacedServer, scene: GatewayScene): readonly TlsRouteIR[] {
  if (placed.kind === 'auto-passthrough') return autoPassthroughRoutes(placed, scene.view);
  return placed.kind === 'passthrough' ? passthroughRoutes(placed, scene) : tcpServerRoutes(placed, scene);
}

interface TlsContext extends ServerContext {
  readonly tls: DownstreamTlsIR | undefined;
}

/** Each has a route configuration of its own: its hosts are chosen by the certificate that the client was shown. */
function terminated(placed: PlacedServer, hosts: readonly string[], context: TlsContext): GatewayServerIR[] {
  const { server, config, bind, origin } = placed;
  if (hosts.length === 0) return [];
  const chain = { sniHosts: serverNames(hosts), subnets: [], destinations: [], origins: [origin] };
  const [free] = unlikeRoutes([chain], context.taken, context.scene);
  if (free === undefined) return [];
  const { number, name } = server.port;
  return [
    {
      kind: 'http',
      name: server.name ?? '',
      tls: context.tls,
      sniHosts: free.sniHosts,
      routeName: `https.${number}.${name}.${config.name}.${config.namespace}${suffixOf(bind)}`,
      virtualHosts: gatewayVirtualHosts([placed], context.scene),
      origins: [origin],
    },
  ];
}
