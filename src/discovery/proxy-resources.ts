import type { EncodedResource, ProxyResources, ResourceSet, XdsType } from '../xds/resource.ts';
import { resourceSet } from './resource-set.ts';

export interface OwnParts {
  readonly shared: ProxyResources;
  readonly secrets: ReadonlyMap<string, EncodedResource>;
  /** What it is asked for the moment; empty for most. */
  readonly question: readonly EncodedResource[];
}

/** What is shared with others, and what is one proxy's own: secrets, and what it is asked. Immutable. */
export class OwnResources implements ProxyResources {
  readonly #parts: OwnParts;
  readonly #joined = new Map<XdsType, ResourceSet>();

  constructor(parts: OwnParts) {
    this.#parts = parts;
  }

  wildcard(type: XdsType): ResourceSet {
    const { shared, question } = this.#parts;
    if (!question.some((resource) => resource.type === type)) return shared.wildcard(type);
    const joined =
      this.#joined.get(type) ??
      // Of two with one name the first stays: an EnvoyFilter may add any.
      resourceSet([...question.filter((resource) => resource.type === type), ...shared.wildcard(type).values()]);
    this.#joined.set(type, joined);
    return joined;
  }

  named(type: XdsType, name: string): EncodedResource | undefined {
    const { shared, secrets, question } = this.#parts;
    const own = type === 'secret' ? secrets.get(name) : question.find((one) => one.type === type && one.name === name);
    return own ?? shared.named(type, name);
  }
}
