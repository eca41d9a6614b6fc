import type { ProxyResources } from '../xds/resource.ts';
import type { Delivery } from './delivery.ts';
import type { ConfigQuery, ProxyConfigurator } from './discovery.ts';
import type { GatewayConfigs } from './gateway-configs.ts';
import type { ProxylessConfigs } from './proxyless-config.ts';
import type { SidecarConfigs } from './sidecar-configs.ts';

export interface ConfiguratorOptions {
  readonly sidecars: SidecarConfigs;
  readonly gateways: GatewayConfigs;
  /** Without it such clients are served as sidecars are. */
  readonly proxyless?: ProxylessConfigs;
}

/** One proxy from snapshot to snapshot: how it was served before has a say in how it is served next. */
export class Configurator implements ProxyConfigurator {
  readonly #options: ConfiguratorOptions;
  #before: Delivery | undefined;

  constructor(options: ConfiguratorOptions) {
    this.#options = options;
  }

  configure({ snapshot, workload, delta, proxyless, crowded = false }: ConfigQuery): ProxyResources {
    const { sidecars, gateways } = this.#options;
    if (workload.role === 'gateway') return gateways.find(snapshot, workload);
    const config = sidecars.find({ snapshot, workload, delta, crowded, before: this.#before });
    this.#before = config.parts.delivery;
    return (proxyless === true ? this.#options.proxyless?.find(config) : undefined) ?? config;
  }
}
