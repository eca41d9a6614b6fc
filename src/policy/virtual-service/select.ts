import type { Config } from '../../registry/snapshot.ts';
import type { VirtualService } from '../../schema/kinds.ts';
import { HostIndex, resolveHost } from '../hosts.ts';
import { isVisible } from '../visibility.ts';
import { gatewayId } from './applies.ts';

/**
 * The VirtualService of each host for the clients of a namespace. They do not merge in sidecars: of several for one
 * host the oldest wins, and one for the exact host wins over one for a wildcard.
 */
export function meshVirtualServices(
  configs: readonly Config<VirtualService>[],
  namespace: string,
  domainSuffix: string,
): HostIndex<Config<VirtualService>> {
  const index = new HostIndex<Config<VirtualService>>();
  for (const config of configs) {
    if (!holdsInMesh(config) || !isVisible(config.spec.exportTo ?? [], config.namespace, namespace)) continue;
    if (!hasRules(config)) continue;
    for (const host of config.spec.hosts ?? []) index.add(resolveHost(host, config.namespace, domainSuffix), config);
  }
  return index;
}

function holdsInMesh({ spec }: Config<VirtualService>): boolean {
  const gateways = spec.gateways ?? [];
  return gateways.length === 0 || gateways.includes('mesh');
}

/** One without any rule changes nothing, and does not hide an other for the same host. */
function hasRules({ spec }: Config<VirtualService>): boolean {
  return [spec.http, spec.tls, spec.tcp].some((rules) => (rules ?? []).length > 0);
}

/** Those bound to one of some Gateways (`<namespace>/<name>`), oldest first. */
export function gatewayVirtualServices(
  configs: readonly Config<VirtualService>[],
  gateways: ReadonlySet<string>,
): readonly Config<VirtualService>[] {
  return configs.filter((config) =>
    (config.spec.gateways ?? []).some((name) => name !== 'mesh' && gateways.has(gatewayId(name, config.namespace))),
  );
}
