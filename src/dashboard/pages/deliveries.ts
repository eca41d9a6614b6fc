import type { ReportedResource } from '../../model/proxy-report.ts';
import type { ConfigRow, ReplicaState } from '../api-types.ts';
import type { MeshView } from '../mesh-view.ts';

type Delivered = NonNullable<ConfigRow['delivered']>;

/** Where there is one replica, or none that could be asked. */
export const noOtherDeliveries = async (): Promise<OtherDeliveries> => ({
  counts: [],
  replicas: { asked: 0, silent: [] },
});

/** Proxies that have taken what was made from each resource, by `<kind> <namespace>/<name>`. */
export type DeliveryCounts = ReadonlyMap<string, Delivered>;

export interface OtherDeliveries {
  readonly counts: readonly DeliveryCounts[];
  readonly replicas: ReplicaState;
}

export interface DeliveriesOptions {
  readonly mesh: Pick<MeshView, 'report'>;
  /** Of the proxies of every other replica. Never rejects. */
  readonly others: () => Promise<OtherDeliveries>;
  readonly now: () => number;
}

/** So many proxies and resources are looked at, at most; a larger mesh is judged by these. */
const mostProxies = 200;
const mostResources = 200_000;
const freshMs = 5000;

/** Which proxies have taken what was made from each resource: from the ledgers of all replicas. */
export class Deliveries {
  readonly #options: DeliveriesOptions;
  #at = Number.NEGATIVE_INFINITY;
  #made: Promise<DeliveryCounts> = Promise.resolve(new Map());
  #replicas: ReplicaState = { asked: 0, silent: [] };

  constructor(options: DeliveriesOptions) {
    this.#options = options;
  }

  /** Who was asked for the last count. */
  get replicas(): ReplicaState {
    return this.#replicas;
  }

  all(): Promise<DeliveryCounts> {
    const now = this.#options.now();
    if (now >= this.#at + freshMs) {
      this.#made = this.#count();
      this.#at = now;
    }
    return this.#made;
  }

  async #count(): Promise<DeliveryCounts> {
    const { counts, replicas } = await this.#options.others();
    this.#replicas = replicas;
    return summed([countDeliveries(this.#options.mesh), ...counts]);
  }
}

/** Of the proxies of this replica. */
export function countDeliveries(mesh: Pick<MeshView, 'report'>): DeliveryCounts {
  const counts: DeliveryCounts[] = [];
  let looked = 0;
  for (const { proxy } of mesh.report().proxies.slice(0, mostProxies)) {
    if (looked > mostResources) break;
    const { resources = [] } = mesh.report(proxy);
    looked += resources.length;
    const held = [...heldOf(resources)].map(([key, taken]) => [key, { taken: taken ? 1 : 0, of: 1 }] as const);
    counts.push(new Map(held));
  }
  return summed(counts);
}

function summed(all: readonly DeliveryCounts[]): DeliveryCounts {
  const sum = new Map<string, Delivered>();
  for (const [key, { taken, of }] of all.flatMap((counts) => [...counts])) {
    const before = sum.get(key) ?? { taken: 0, of: 0 };
    sum.set(key, { taken: before.taken + taken, of: before.of + of });
  }
  return sum;
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
