import type { Snapshot } from '../registry/snapshot.ts';
import type { ProxyResources } from '../xds/resource.ts';
import type { Delivery } from './delivery.ts';
import type { ConfigQuery, ProxyConfigurator } from './discovery.ts';
import type { GatewayConfigs } from './gateway-configs.ts';
import type { ProxylessConfigs } from './proxyless-config.ts';
import type { SidecarConfigs } from './sidecar-configs.ts';

export interface ConfiguratorParts {
  readonly sidecars: SidecarConfigs;
  readonly gateways: GatewayConfigs;
  /** Without it such clients are served as sidecars are. */
  readonly proxyless?: ProxylessConfigs;
}

/** One proxy from snapshot to snapshot: how it was served before has a say in how it is served next. */
export class Configurator implements ProxyConfigurator {
  readonly #partsOf: (snapshot: Snapshot) => ConfiguratorParts;
  #before: Delivery | undefined;

  constructor(partsOf: (snapshot: Snapshot) => ConfiguratorParts) {
    this.#partsOf = partsOf;
  }

  configure({ snapshot, workload, delta, proxyless, crowded = false }: ConfigQuery): ProxyResources {
    const { sidecars, gateways, proxyless: withoutProxy } = this.#partsOf(snapshot);
    if (workload.role === 'gateway') return gateways.find(snapshot, workload);
    const config = sidecars.find({ snapshot, workload, delta, crowded, before: this.#before });
    this.#before = config.parts.delivery;
    return (proxyless === true ? withoutProxy?.find(config) : undefined) ?? config;
  }
}
