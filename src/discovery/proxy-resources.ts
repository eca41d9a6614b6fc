import type { EncodedResource, ProxyResources, ResourceSet, XdsType } from '../xds/resource.ts';

/** What is shared with others, and the secrets that are one proxy's own. Immutable. */
export class OwnResources implements ProxyResources {
  readonly #shared: ProxyResources;
  readonly #secrets: ReadonlyMap<string, EncodedResource>;

  constructor(shared: ProxyResources, secrets: ReadonlyMap<string, EncodedResource>) {
    this.#shared = shared;
    this.#secrets = secrets;
  }

  wildcard(type: XdsType): ResourceSet {
    return this.#shared.wildcard(type);
  }

  named(type: XdsType, name: string): EncodedResource | undefined {
    if (type === 'secret') return this.#secrets.get(name) ?? this.#shared.named(type, name);
    return this.#shared.named(type, name);
  }
}
