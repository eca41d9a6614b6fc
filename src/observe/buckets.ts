/**
 * Upper edges of Envoy's buckets, in milliseconds: every histogram then is a row of numbers, and two are added without a look-up.
 * A proxy that has others is not believed: it is not one of ours.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/metrics/v3/stats.proto#config-metrics-v3-statsconfig
 */
const edges: readonly number[] = [
  ...[0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000],
  ...[3_600_000, Number.POSITIVE_INFINITY],
];
const indexes: ReadonlyMap<number, number> = new Map(edges.map((edge, index) => [edge, index]));
const zeros: readonly number[] = edges.map(() => 0);

/** Counts by upper edge, cumulative as Prometheus has them. */
export class Buckets {
  #counts: number[] | undefined;

  add(edge: number, by: number): void {
    const index = indexes.get(edge);
    if (index === undefined) return;
    const counts = this.#sized();
    counts[index] = (counts[index] ?? 0) + by;
  }

  merge(other: Buckets): void {
    const theirs = other.#counts;
    if (theirs === undefined) return;
    const mine = this.#counts;
    if (mine === undefined) this.#counts = theirs.slice();
    else for (let index = 0; index < theirs.length; index += 1) mine[index] = (mine[index] ?? 0) + (theirs[index] ?? 0);
  }

  scale(by: number): void {
    if (this.#counts !== undefined) this.#counts = this.#counts.map((count) => count * by);
  }

  /** Lowest first; only those that this histogram has. */
  sorted(): { readonly edge: number; readonly count: number }[] {
    const counts = this.#counts;
    if (counts === undefined) return [];
    // The last edge below which nothing is still says where the next bucket begins.
    const first = Math.max(counts.findIndex((count) => count > 0) - 1, 0);
    const found: { edge: number; count: number }[] = [];
    for (let index = first; index < counts.length; index += 1) {
      const [edge = 0, count = 0] = [edges[index], counts[index]];
      if (count > 0 || index === first || edge === Number.POSITIVE_INFINITY) found.push({ edge, count });
    }
    return found;
  }

  /** No typed array: one of this length lies outside of the heap, which takes more memory. */
  #sized(): number[] {
    this.#counts ??= zeros.slice();
    return this.#counts;
  }
}
