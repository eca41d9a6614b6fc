import type { ConfigQuery, ProxyConfigurator } from '../../discovery/discovery.ts';
import type { Encoder } from '../../discovery/encoder.ts';
import type { SidecarConfig } from '../../discovery/sidecar-config.ts';
import { SidecarConfigs } from '../../discovery/sidecar-configs.ts';
import { Indexes } from '../../ir/build/indexes.ts';
import { OutboundViews } from '../../ir/build/outbound-views.ts';
import type { MeshSettings } from '../../model/mesh-settings.ts';

/** Makes what configures one proxy; all of them share what is equal. */
export function configurators(settings: MeshSettings, encoder: Encoder): () => ProxyConfigurator {
  const indexes = new Indexes(settings);
  const sidecars = new SidecarConfigs({ settings, indexes, views: new OutboundViews(settings, indexes), encoder });
  return () => new SidecarConfigurator(sidecars);
}

class SidecarConfigurator implements ProxyConfigurator {
  readonly #sidecars: SidecarConfigs;
  #last: SidecarConfig | undefined;

  constructor(sidecars: SidecarConfigs) {
    this.#sidecars = sidecars;
  }

  configure(query: ConfigQuery): SidecarConfig {
    this.#last = this.#sidecars.find({ ...query, before: this.#last?.parts.delivery });
    return this.#last;
  }
}
