import type { ReportedResource } from '../../model/proxy-report.ts';
import type { ConfigRow } from '../api-types.ts';
import type { World } from './world.ts';

type Delivered = NonNullable<ConfigRow['delivered']>;

/** So many proxies and resources are looked at, at most; a larger mesh is judged by these. */
const mostProxies = 200;
const mostResources = 200_000;
const freshMs = 5000;

/** Which proxies have taken what was made from each resource, by `<kind> <namespace>/<name>`: from the ledger of this replica. */
export class Deliveries {
  readonly #world: World;
  readonly #now: () => number;
  #at = Number.NEGATIVE_INFINITY;
  #made: ReadonlyMap<string, Delivered> = new Map();

  constructor(world: World, now: () => number) {
    this.#world = world;
    this.#now = now;
  }

  all(): ReadonlyMap<string, Delivered> {
    if (this.#now() >= this.#at + freshMs) {
      this.#made = this.#count();
      this.#at = this.#now();
    }
    return this.#made;
  }

  #count(): Map<string, Delivered> {
    const { mesh } = this.#world;
    const counted = new Map<string, { taken: number; of: number }>();
    let looked = 0;
    for (const { proxy } of mesh.report().proxies.slice(0, mostProxies)) {
      if (looked > mostResources) break;
      const { resources = [] } = mesh.report(proxy);
      looked += resources.length;
      for (const [key, taken] of heldOf(resources)) {
        const count = counted.get(key) ?? { taken: 0, of: 0 };
        counted.set(key, { taken: count.taken + (taken ? 1 : 0), of: count.of + 1 });
      }
    }
    return counted;
  }
}

/** Whether all that was made from a resource is acknowledged. */
function heldOf(resources: readonly ReportedResource[]): Map<string, boolean> {
  const held = new Map<string, boolean>();
  for (const { state, origins } of resources)
    for (const key of origins.map(keyOf)) held.set(key, (held.get(key) ?? true) && state === 'SYNCED');
  return held;
}

/** `VirtualService default/reviews spec.http[0]` → `VirtualService default/reviews` */
function keyOf(origin: string): string {
  return origin.split(' ', 2).join(' ');
}
