import type { VirtualHostIR } from '../../ir/types/route.ts';
import type { MeshSettings } from '../../model/mesh-settings.ts';
import type { Service } from '../../model/service.ts';
import type { Client } from '../../policy/client.ts';
import { type HostIndex, hostCovers, resolveHost } from '../../policy/hosts.ts';
import { originsOf } from '../../policy/virtual-service/delegates.ts';
import type { DestinationLookup } from '../../policy/virtual-service/destinations.ts';
import { httpRoutesOf } from '../../policy/virtual-service/http-rules.ts';
import { defaultRetryOf } from '../../policy/virtual-service/retry-policy.ts';
import type { Config } from '../../registry/snapshot.ts';
import type { VirtualService } from '../../schema/kinds.ts';

export interface UnregisteredInputs {
  readonly client: Client;
  readonly services: ReadonlyMap<string, Service>;
  readonly virtualServices: HostIndex<Config<VirtualService>>;
  readonly lookup: DestinationLookup;
  readonly settings: MeshSettings;
}

const port = 80;
const mesh: ReadonlySet<string> = new Set(['mesh']);

/** Hosts of VirtualServices that no service has: as in Istio they are routed on port 80 alone. */
export function unregisteredHosts(
  configs: readonly Config<VirtualService>[],
  inputs: UnregisteredInputs,
): readonly VirtualHostIR[] {
  const hosts = new Map<string, VirtualHostIR>();
  for (const config of configs) {
    for (const host of config.spec.hosts ?? []) {
      const full = resolveHost(host, config.namespace, inputs.settings.domainSuffix);
      if (hosts.has(full) || !isHolder(full, config, inputs)) continue;
      const built = buildHost(full, config, inputs);
      if (built !== undefined) hosts.set(full, built);
    }
  }
  return [...hosts.values()];
}

/** Whether this resource speaks for the host, and no service does. */
function isHolder(host: string, config: Config<VirtualService>, inputs: UnregisteredInputs): boolean {
  const { services, virtualServices } = inputs;
  if (virtualServices.exact(host) !== config && !isWildcardOf(host, config, virtualServices)) return false;
  return !services.has(host) && !coversService(host, services);
}

function buildHost(
  host: string,
  config: Config<VirtualService>,
  { client, lookup, settings }: UnregisteredInputs,
): VirtualHostIR | undefined {
  const resolve = (name: string) => resolveHost(name, config.namespace, settings.domainSuffix);
  const defaultRetry = defaultRetryOf(settings.defaultHttpRetryPolicy);
  const routes = httpRoutesOf({ config, port, gateways: mesh, client, defaultRetry, lookup, resolve });
  if (routes.length === 0) return undefined;
  const base = { requireTls: false, external: false, origins: originsOf(config) };
  return { name: `${host}:${port}`, domains: [host], routes, ...base };
}

function isWildcardOf(
  host: string,
  config: Config<VirtualService>,
  index: UnregisteredInputs['virtualServices'],
): boolean {
  return host.startsWith('*') && index.find(host) === config;
}

function coversService(host: string, services: ReadonlyMap<string, Service>): boolean {
  if (!host.startsWith('*')) return false;
  for (const name of services.keys()) if (hostCovers(host, name)) return true;
  return false;
}
