import type { ClusterIR, LocalityIR } from '../ir/types/cluster.ts';
import { type Place, placeKey } from '../policy/locality/place.ts';
import { nearnessOf } from './endpoint-resources.ts';

/** A client of which nothing is known; for what is the same wherever a client is. */
export const anywhere: Place = { locality: { region: '', zone: '', subzone: '' }, nodeName: '', labels: {} };

/** The rules of nearness of some clusters, each once. */
export function nearnessRules(clusters: Iterable<ClusterIR>): readonly LocalityIR[] {
  const found = new Map<string, LocalityIR>();
  for (const cluster of clusters) {
    const rule = nearnessOf(cluster);
    if (rule !== undefined) found.set(JSON.stringify(rule), rule);
  }
  return [...found.values()];
}

/** Variants of something for clients that rules of nearness tell apart. Without rules there is one for all. */
export class Placed<T> {
  readonly #rules: readonly LocalityIR[];
  readonly #build: (place: Place) => T;
  readonly #known = new Map<string, T>();

  constructor(rules: readonly LocalityIR[], build: (place: Place) => T) {
    this.#rules = rules;
    this.#build = build;
  }

  at(place: Place): T {
    const key = this.#rules.map((rule) => placeKey(rule, place)).join(' ');
    const known = this.#known.get(key) ?? this.#build(this.#rules.length === 0 ? anywhere : place);
    this.#known.set(key, known);
    return known;
  }
}
