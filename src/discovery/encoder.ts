import { asOutriggerError, type OutriggerError } from '../errors.ts';
import { encodeResource } from '../xds/encode/encode-resource.ts';
import type { EncodedResource, XdsResource } from '../xds/resource.ts';

/** Told of a resource that cannot be sent; the rest of the configuration goes on without it. */
export type OnUnsendable = (resource: XdsResource, error: OutriggerError) => void;

/** Resources to bytes; one that has no bytes is reported once and left out. */
export class Encoder {
  readonly #onUnsendable: OnUnsendable;
  readonly #refused = new WeakSet<XdsResource>();

  constructor(onUnsendable: OnUnsendable) {
    this.#onUnsendable = onUnsendable;
  }

  encode(resource: XdsResource): EncodedResource | undefined {
    if (this.#refused.has(resource)) return undefined;
    try {
      return encodeResource(resource);
    } catch (error) {
      this.#refused.add(resource);
      this.#onUnsendable(resource, asOutriggerError(error));
      return undefined;
    }
  }

  encodeAll(resources: readonly XdsResource[]): EncodedResource[] {
    return resources.flatMap((resource) => this.encode(resource) ?? []);
  }
}
