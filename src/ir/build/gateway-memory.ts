import { Remembered, sameItems } from '../../model/remembered.ts';
import type { Service } from '../../model/service.ts';
import type { MergedRule } from '../../policy/destination-rule/merge.ts';
import type { Routing } from '../../policy/virtual-service/delegates.ts';
import { httpRoutesOf } from '../../policy/virtual-service/http-rules.ts';
import type { RuleContext } from '../../policy/virtual-service/rule-context.ts';
import type { Config, Snapshot } from '../../registry/snapshot.ts';
import type { VirtualService } from '../../schema/kinds.ts';
import type { GatewayIR, GatewayListenerIR, GatewayServerIR } from '../types/gateway.ts';
import type { RouteIR, VirtualHostIR } from '../types/route.ts';
import type { Indexes } from './indexes.ts';
import type { Seen } from './outbound-views.ts';

/** Servers of one VirtualService that are kept: of some gateways and ports, and before and after a change. */
const variants = 16;

/** The routes of VirtualServices in gateways, made anew only for what changed. */
export class GatewayMemory {
  readonly #indexes: Indexes;
  readonly #routes = new Remembered<Config<VirtualService>, readonly RouteIR[]>(variants);

  constructor(indexes: Indexes) {
    this.#indexes = indexes;
  }

  /** The VirtualServices that routes are made of. */
  routing({ virtualServices }: Snapshot): readonly Routing[] {
    return this.#indexes.routing(virtualServices);
  }

  routesOf(context: RuleContext, seen: Seen): readonly RouteIR[] {
    const { config, port, gateways } = context;
    const named = [...this.#indexes.named(config).keys()].flatMap((host): (Service | MergedRule | undefined)[] => {
      const service = seen.lookup(host)?.service;
      return service === undefined ? [undefined] : [service, seen.ruleOf(service)];
    });
    return this.#routes.get(config, [port, ...gateways, seen.view.key, ...named], () => httpRoutesOf(context));
  }
}

/** What was built with what was there before, wherever it says the same: whoever compares by identity sees no change. */
export function settled(listeners: readonly GatewayListenerIR[], before: GatewayIR | undefined): GatewayListenerIR[] {
  const known = new Map<string, readonly VirtualHostIR[]>();
  for (const server of before?.listeners.flatMap(({ servers }) => servers) ?? [])
    if (server.kind === 'http') known.set(server.routeName, server.virtualHosts);
  const serverOf = (server: GatewayServerIR): GatewayServerIR =>
    server.kind === 'tcp'
      ? server
      : { ...server, virtualHosts: settledHosts(server.virtualHosts, known.get(server.routeName)) };
  return listeners.map((listener) => ({ ...listener, servers: listener.servers.map(serverOf) }));
}

function settledHosts(
  hosts: readonly VirtualHostIR[],
  before: readonly VirtualHostIR[] = [],
): readonly VirtualHostIR[] {
  const known = new Map(before.map((host) => [host.name, host]));
  const next = hosts.map((host) => {
    const old = known.get(host.name);
    return old !== undefined && sameHost(old, host) ? old : host;
  });
  return sameItems(next, before) ? before : next;
}

function sameHost(left: VirtualHostIR, right: VirtualHostIR): boolean {
  return (
    sameItems(left.routes, right.routes) &&
    left.external === right.external &&
    left.requireTls === right.requireTls &&
    JSON.stringify(left.origins) === JSON.stringify(right.origins)
  );
}
