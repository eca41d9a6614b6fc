import { resolveHost } from '../../policy/hosts.ts';
import type { Routing } from '../../policy/virtual-service/delegates.ts';
import { defaultRetryOf } from '../../policy/virtual-service/retry-policy.ts';
import type { RuleContext } from '../../policy/virtual-service/rule-context.ts';
import { gatewayVirtualServices } from '../../policy/virtual-service/select.ts';
import { isVisible } from '../../policy/visibility.ts';
import type { GatewayScene, PlacedServer } from './gateway-facts.ts';
import { commonHosts, serverHosts } from './gateway-hosts.ts';

/** A VirtualService where a server takes it in. */
export interface BoundRules {
  readonly context: RuleContext;
  /** In full; those that the server has, too. */
  readonly hosts: readonly string[];
}

/** What a gateway of a namespace may see, oldest first. */
export function visibleVirtualServices(configs: readonly Routing[], namespace: string): readonly Routing[] {
  return configs.filter((config) => isVisible(config.spec.exportTo ?? [], config.namespace, namespace));
}

/** The VirtualServices that are bound to a server's Gateway and have a host in common with it, oldest first. */
export function boundRules(placed: PlacedServer, scene: GatewayScene): readonly BoundRules[] {
  const { settings, client, lookup, virtualServices } = scene;
  const gateways: ReadonlySet<string> = new Set([placed.gateway]);
  const served = serverHosts(placed.server.hosts, placed.config);
  return gatewayVirtualServices(virtualServices, gateways).flatMap((config) => {
    const resolve = (host: string) => resolveHost(host, config.namespace, settings.domainSuffix);
    const hosts = commonHosts(served, (config.spec.hosts ?? []).map(resolve), config.namespace);
    if (hosts.length === 0) return [];
    const port = placed.server.port.number;
    const defaultRetry = defaultRetryOf(settings.defaultHttpRetryPolicy);
    return [{ hosts, context: { config, port, gateways, client, defaultRetry, lookup, resolve } }];
  });
}
