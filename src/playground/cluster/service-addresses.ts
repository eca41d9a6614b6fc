import { createHash } from 'node:crypto';
import type { SourceObject } from '../../source/object-source.ts';
import { type Slot, serviceAddress, serviceAddresses } from '../network/slot.ts';
import { objectAt, textAt } from './json-reading.ts';

/** Cluster IPs: those that files name, else one by the service's name, the next free one when two collide. */
export class ServiceAddresses {
  readonly #slot: Slot;
  readonly #given = new Map<string, string>();
  readonly #used = new Set<string>();

  constructor(slot: Slot) {
    this.#slot = slot;
  }

  /** The Service as the API server would store it. */
  place(object: SourceObject): SourceObject {
    const spec = objectAt(object.object, 'spec');
    const wanted = textAt(spec, 'clusterIP');
    if (textAt(spec, 'type') === 'ExternalName' || wanted !== '') return object;
    const clusterIP = this.#addressOf(`${object.namespace}/${object.name}`);
    return { ...object, object: { ...object.object, spec: { ...spec, clusterIP, clusterIPs: [clusterIP] } } };
  }

  #addressOf(key: string): string {
    const known = this.#given.get(key);
    if (known !== undefined) return known;
    let index = createHash('sha256').update(key).digest().readUInt32BE(0) % 65_000;
    let address = serviceAddress(this.#slot, index);
    while (this.#used.has(address)) {
      index = (index + 1) % serviceAddresses;
      address = serviceAddress(this.#slot, index);
    }
    this.#used.add(address);
    this.#given.set(key, address);
    return address;
  }
}
