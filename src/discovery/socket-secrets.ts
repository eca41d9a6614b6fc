import { rememberedBy } from '../model/remembered.ts';
import type { Workload } from '../model/workload.ts';
import type { Snapshot } from '../registry/snapshot.ts';
import { decodeResource } from '../xds/encode/decode-resource.ts';
import type { EncodedResource, ResourceSet, XdsType } from '../xds/resource.ts';
import { type SocketNames, socketSecrets } from '../xds/secrets/socket-source.ts';
import { type AllPatches, type Patches, reencoded } from './patches.ts';

const annotation = 'proxy.outrigger.io/identity';

/** What is made of the finished resources of a workload's proxy: EnvoyFilters first, then where its secrets come from. */
export class WithSockets {
  readonly #filters: Pick<AllPatches, 'find'>;
  readonly #of: (patches: Patches) => SocketSecrets;

  constructor(filters: Pick<AllPatches, 'find'>, names: SocketNames) {
    this.#filters = filters;
    this.#of = rememberedBy((patches: Patches) => new SocketSecrets(patches, names));
  }

  find(snapshot: Snapshot, workload: Workload): Patches {
    const patches = this.#filters.find(snapshot, workload);
    return workload.annotations[annotation] === 'spire' ? this.#of(patches) : patches;
  }
}

/**
 * Finished resources, made to look for the certificate of the workload and the roots of the mesh behind the socket. Each is
 * changed once, for all proxies of that kind; everything else about them is that of all proxies.
 */
class SocketSecrets implements Patches {
  readonly #inner: Patches;
  readonly #names: SocketNames;
  readonly #sets = new WeakMap<ResourceSet, ResourceSet>();
  readonly #ones = new WeakMap<EncodedResource, EncodedResource>();

  constructor(inner: Patches, names: SocketNames) {
    this.#inner = inner;
    this.#names = names;
  }

  set(type: XdsType, resources: ResourceSet): ResourceSet {
    const patched = this.#inner.set(type, resources);
    if (!holdsTls(type)) return patched;
    const known = this.#sets.get(patched);
    if (known !== undefined) return known;
    const moved: ResourceSet = new Map([...patched].map(([name, resource]) => [name, this.#moved(resource)]));
    this.#sets.set(patched, moved);
    return moved;
  }

  one(type: XdsType, resource: EncodedResource | undefined): EncodedResource | undefined {
    const patched = this.#inner.one(type, resource);
    return patched === undefined || !holdsTls(type) ? patched : this.#moved(patched);
  }

  #moved(resource: EncodedResource): EncodedResource {
    const known = this.#ones.get(resource);
    if (known !== undefined) return known;
    const message = decodeResource(resource);
    const moved = socketSecrets(message, this.#names);
    const { patched } = resource;
    const result: EncodedResource = {
      ...(moved === message ? resource : reencoded(resource, moved, resource.origins)),
      ...(patched && { patched: { ...patched, without: (patches) => this.#moved(patched.without(patches)) } }),
    };
    this.#ones.set(resource, result);
    // What is asked for again by itself is not moved twice.
    this.#ones.set(result, result);
    return result;
  }
}

function holdsTls(type: XdsType): boolean {
  return type === 'cluster' || type === 'listener';
}
