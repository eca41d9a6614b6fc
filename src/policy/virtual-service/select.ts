import type { Config } from '../../registry/snapshot.ts';
import type { VirtualService } from '../../schema/kinds.ts';
import { HostIndex, resolveHost } from '../hosts.ts';
import { type EgressScope, importsRules } from '../sidecar/scope.ts';
import { isVisible } from '../visibility.ts';
import { gatewayId } from './gateway-id.ts';

interface Importer {
  readonly namespace: string;
  readonly scope: EgressScope;
  readonly domainSuffix: string;
}

/** Those that hold for an egress listener of a namespace: its scope takes one in, with all its hosts, for any host of it. */
export function importedVirtualServices(
  configs: readonly Config<VirtualService>[],
  { namespace, scope, domainSuffix }: Importer,
): readonly Config<VirtualService>[] {
  const isImported = ({ spec, namespace: owner }: Config<VirtualService>) =>
    (spec.hosts ?? []).some((host) => importsRules(scope, owner, resolveHost(host, owner, domainSuffix)));
  return configs.filter(
    (config) =>
      holdsInMesh(config) &&
      isVisible(config.spec.exportTo ?? [], config.namespace, namespace) &&
      hasRules(config) &&
      isImported(config),
  );
}

/**
 * The VirtualService of each host. They do not merge in sidecars: of several for one host the oldest wins, and one for
 * the exact host wins over one for a wildcard.
 */
export function hostsOfVirtualServices(
  configs: readonly Config<VirtualService>[],
  domainSuffix: string,
): HostIndex<Config<VirtualService>> {
  const index = new HostIndex<Config<VirtualService>>();
  for (const config of configs)
    for (const host of config.spec.hosts ?? []) index.add(resolveHost(host, config.namespace, domainSuffix), config);
  return index;
}

/** Not for gateways alone. */
export function holdsInMesh({ spec }: Config<VirtualService>): boolean {
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
