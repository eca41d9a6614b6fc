import type { VirtualHostIR } from '../ir/types/route.ts';
import type { EncodedResource, ProxyResources, ResourceSet, XdsResource, XdsType } from '../xds/resource.ts';
import { translateApiCluster, translateApiListener, translateApiRoutes } from '../xds/translate/api-listener.ts';
import type { Encoder } from './encoder.ts';
import { noResources } from './resource-set.ts';
import type { SidecarConfig } from './sidecar-config.ts';
import { ViewResources } from './view-resources.ts';

/** What gRPC clients without a proxy may have: what a sidecar in their place would see, in the form that they read. */
export class ProxylessConfigs {
  readonly #encoder: Encoder;
  readonly #views: ViewResources;
  readonly #known = new WeakMap<SidecarConfig, ProxylessConfig>();

  constructor(encoder: Encoder) {
    this.#encoder = encoder;
    this.#views = new ViewResources(encoder);
  }

  find(sidecar: SidecarConfig): ProxyResources {
    const known = this.#known.get(sidecar) ?? new ProxylessConfig(sidecar, this.#views, this.#encoder);
    this.#known.set(sidecar, known);
    return known;
  }
}

/** Everything is asked for by name. Immutable. */
class ProxylessConfig implements ProxyResources {
  readonly #sidecar: SidecarConfig;
  readonly #views: ViewResources;
  readonly #encoder: Encoder;
  readonly #made = new Map<string, EncodedResource>();

  constructor(sidecar: SidecarConfig, views: ViewResources, encoder: Encoder) {
    this.#sidecar = sidecar;
    this.#views = views;
    this.#encoder = encoder;
  }

  wildcard(): ResourceSet {
    return noResources;
  }

  named(type: XdsType, name: string): EncodedResource | undefined {
    if (type === 'endpoint') return this.#sidecar.named(type, name);
    const key = `${type} ${name}`;
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const made = this.#make(type, name);
    const encoded = made === undefined ? undefined : this.#encoder.encode(made);
    if (encoded !== undefined) this.#made.set(key, encoded);
    return encoded;
  }

  #make(type: XdsType, name: string): XdsResource | undefined {
    if (type === 'cluster') {
      const cluster = this.#views.clusters(this.#sidecar.parts.view).get(name);
      return cluster === undefined ? undefined : translateApiCluster(cluster);
    }
    const host = this.#host(name);
    if (host === undefined) return undefined;
    if (type === 'listener') return translateApiListener(name);
    return type === 'route' ? translateApiRoutes(name, host) : undefined;
  }

  /** `reviews.default.svc.cluster.local:9080` */
  #host(name: string): VirtualHostIR | undefined {
    const [, host = '', port = ''] = /^(.+):(\d{1,5})$/.exec(name) ?? [];
    return this.#views.hosts(this.#sidecar.parts.view).get(Number(port))?.find(host);
  }
}
