import type { RouteIR } from '../ir/types/route.ts';
import { listenerProtocol } from '../model/protocol.ts';
import { Remembered } from '../model/remembered.ts';
import type { Workload } from '../model/workload.ts';
import { resolveHost } from '../policy/hosts.ts';
import { importsService, listenerOf, scopeOf } from '../policy/sidecar/scope.ts';
import {
  delegatesById,
  isDelegate,
  joinDelegates,
  namedDelegates,
  type Routing,
} from '../policy/virtual-service/delegates.ts';
import { httpRoutesOf } from '../policy/virtual-service/http-rules.ts';
import type { RuleContext } from '../policy/virtual-service/rule-context.ts';
import { hostsOfVirtualServices, importedVirtualServices } from '../policy/virtual-service/select.ts';
import { isVisible } from '../policy/visibility.ts';
import type { Config, Snapshot } from '../registry/snapshot.ts';
import type { VirtualService } from '../schema/kinds.ts';
import type { ShownRequest } from './finding.ts';
import { type MeshLookup, serviceFor } from './mesh-lookup.ts';
import { requestTo, urlOf } from './route-request.ts';

/** A client that goes by a VirtualService, and the routes that it has from it for one host and port. */
export interface RouteScene {
  readonly client: Workload;
  /** `reviews.shop.svc.cluster.local:9080` */
  readonly authority: string;
  /** Where it is sent to, when that is not the authority. */
  readonly via?: string;
  readonly routes: readonly RouteIR[];
}

/** So many clients are tried before a request is given up. */
const mostClients = 20;

/** The rules of a VirtualService, those of its delegates among them. */
export function routingOf(config: Config<VirtualService>, { virtualServices }: Snapshot, suffix: string): Routing {
  if (isDelegate(config)) return config;
  return joinDelegates(
    config,
    namedDelegates(
      config,
      delegates.get(virtualServices, [], () => delegatesById(virtualServices)),
    ),
    suffix,
  );
}

const delegates = new Remembered<Snapshot['virtualServices'], ReturnType<typeof delegatesById>>(1);

/** Where sidecars go by a VirtualService: for each client its hosts that are HTTP services, the nearest clients first. */
export function* meshScenes(
  config: Config<VirtualService>,
  { snapshot, lookup }: { readonly snapshot: Snapshot; readonly lookup: MeshLookup },
): Generator<RouteScene> {
  const { gateways = [], exportTo = [], hosts = [] } = config.spec;
  if (gateways.length > 0 && !gateways.includes('mesh')) return;
  const { domainSuffix } = lookup.settings;
  const routing = routingOf(config, snapshot, domainSuffix);
  const full = hosts.map((host) => resolveHost(host, config.namespace, domainSuffix));
  for (const client of clientsNear(config.namespace, exportTo, lookup))
    for (const { service, port } of callsBy(client, full, { config, snapshot, lookup }))
      yield {
        ...{ client, authority: `${service.hostname}:${port}` },
        routes: routesFor(routing, { port, client, gateways: inMesh }, lookup),
      };
}

interface Around {
  readonly config: Config<VirtualService>;
  readonly snapshot: Snapshot;
  readonly lookup: MeshLookup;
}

/** HTTP ports of those of the hosts that a client sees, and for which it goes by this resource and no other. */
function* callsBy(client: Workload, hosts: readonly string[], { config, snapshot, lookup }: Around) {
  const { settings } = lookup;
  const { listeners } = scopeOf(snapshot.sidecars, client, settings);
  const { domainSuffix } = settings;
  const seen = listeners.map((scope) => ({
    scope,
    rules: hostsOfVirtualServices(
      importedVirtualServices(snapshot.virtualServices, { namespace: client.namespace, scope, domainSuffix }),
      domainSuffix,
    ),
  }));
  for (const service of hosts.filter(isPlain).flatMap((host) => serviceFor(lookup, host, client.namespace) ?? [])) {
    for (const { number, protocol } of service.ports) {
      const listener = listenerOf(seen, number);
      if (listenerProtocol(protocol) !== 'http' || listener === undefined || !isPlain(service.hostname)) continue;
      if (!importsService(listener.scope, service.namespace, service.hostname)) continue;
      if (listener.rules.find(service.hostname) === config) yield { service, port: number };
    }
  }
}

const isPlain = (host: string) => !host.startsWith('*');

const inMesh = new Set(['mesh']);

export function routesFor(
  config: Routing,
  at: Pick<RuleContext, 'port' | 'client' | 'gateways'>,
  lookup: MeshLookup,
): readonly RouteIR[] {
  const resolve = (host: string) => resolveHost(host, config.namespace, lookup.settings.domainSuffix);
  return httpRoutesOf({ config, ...at, defaultRetry: undefined, lookup: () => undefined, resolve });
}

/** Pods with a sidecar that a resource is exported to, those of its namespace first. */
function clientsNear(namespace: string, exportTo: readonly string[], { workloads }: MeshLookup): readonly Workload[] {
  const seen = workloads.filter(
    (workload) => workload.meshed && workload.role === 'sidecar' && isVisible(exportTo, namespace, workload.namespace),
  );
  const near = seen.filter((workload) => workload.namespace === namespace);
  return [...near, ...seen.filter((workload) => workload.namespace !== namespace)].slice(0, mostClients);
}

/** A request by one of some scenes that comes to a rule (`spec.http[2]`); undefined where none is found. */
export function requestToRule(
  scenes: Iterable<RouteScene>,
  field: string,
  outcome: Pick<ShownRequest, 'answer' | 'share'>,
): ShownRequest | undefined {
  for (const { client, authority, via, routes } of scenes) {
    const matches = routes.map(({ match }) => match);
    for (const [index, route] of routes.entries()) {
      if (route.origin?.field !== field) continue;
      const request = requestTo(matches, index, authority);
      if (request === undefined) continue;
      const { method, headers } = request;
      return {
        ...{ from: client.id, method, url: urlOf(request), headers, ...outcome },
        ...(via === undefined ? {} : { via }),
      };
    }
  }
  return undefined;
}
