import type { Service } from '../model/service.ts';
import type { Workload } from '../model/workload.ts';
import { hostCovers } from '../policy/hosts.ts';
import { gatewayId } from '../policy/virtual-service/gateway-id.ts';
import type { Config, Snapshot } from '../registry/snapshot.ts';
import type { Gateway, VirtualService } from '../schema/kinds.ts';
import { type MeshLookup, selectedWorkloads } from './mesh-lookup.ts';
import { type RouteScene, routesFor, routingOf } from './route-scenes.ts';
import { servicesOf } from './service-calls.ts';

interface Around {
  readonly snapshot: Snapshot;
  readonly lookup: MeshLookup;
}

/** A pod of a Gateway, and the Service that brings calls of a port to it. */
export interface GatewayDoor {
  readonly pod: Workload;
  readonly service: Service;
}

export function doorsOf({ spec }: Config<Gateway>, port: number, { lookup }: Around): readonly GatewayDoor[] {
  return selectedWorkloads(lookup, undefined, spec.selector)
    .filter(({ meshed, role }) => meshed && role === 'gateway')
    .flatMap((pod) => {
      const service = servicesOf(lookup, pod).find(({ ports }) => ports.some(({ number }) => number === port));
      return service === undefined ? [] : [{ pod, service }];
    });
}

/** Somebody outside, or who might be: a pod without a proxy first. */
export function outsiderOf({ workloads }: MeshLookup): Workload | undefined {
  const others = workloads.filter(({ role }) => role === 'sidecar');
  return others.find(({ meshed }) => !meshed) ?? others[0];
}

/** Where gateways go by a VirtualService: each of its hosts on each plain HTTP port that serves it. */
export function* gatewayScenes(config: Config<VirtualService>, around: Around): Generator<RouteScene> {
  const { snapshot, lookup } = around;
  const client = outsiderOf(lookup);
  const names = new Set((config.spec.gateways ?? []).map((name) => gatewayId(name, config.namespace)));
  if (client === undefined) return;
  const routing = routingOf(config, snapshot, lookup.settings.domainSuffix);
  for (const gateway of snapshot.gateways.filter(({ namespace, name }) => names.has(`${namespace}/${name}`))) {
    for (const { number, hosts } of plainPorts(gateway, config)) {
      const [door] = doorsOf(gateway, number, around);
      if (door === undefined) continue;
      const gateways = new Set([`${gateway.namespace}/${gateway.name}`]);
      const routes = routesFor(routing, { port: number, client: door.pod, gateways }, lookup);
      const via = `${door.service.hostname}:${number}`;
      for (const authority of hosts) if (isOnlyOne(config, authority, around)) yield { client, authority, via, routes };
    }
  }
}

/** Rules of several VirtualServices for one host of a gateway are joined: which of them a request comes to is not told here. */
function isOnlyOne(config: Config<VirtualService>, host: string, { snapshot }: Around): boolean {
  return snapshot.virtualServices.every(
    (other) => other === config || !(other.spec.hosts ?? []).some((one) => one === host || hostCovers(one, host)),
  );
}

/** Hosts without a star of a resource that a Gateway serves, by the ports on which it does. */
function plainPorts({ spec, namespace }: Config<Gateway>, config: Config<VirtualService>) {
  return spec.servers
    .filter(({ port, tls }) => port.protocol.toUpperCase() === 'HTTP' && tls?.httpsRedirect !== true)
    .map((server) => {
      const served = server.hosts.map((text) => ({
        space: text.includes('/') ? text.slice(0, text.indexOf('/')).replace(/^\.$/, namespace) : '*',
        host: text.slice(text.indexOf('/') + 1).toLowerCase(),
      }));
      const open = served.filter(({ space }) => space === '*' || space === config.namespace);
      const hosts = (config.spec.hosts ?? [])
        .map((host) => host.toLowerCase())
        .filter((host) => !host.startsWith('*') && open.some((one) => one.host === host || hostCovers(one.host, host)));
      return { number: server.port.number, hosts };
    });
}
