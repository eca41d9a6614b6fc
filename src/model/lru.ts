/** A map bounded by entries and by weight; what was used longest ago goes first. */
export class Lru<V> {
  readonly #capacity: number;
  readonly #heaviest: number;
  readonly #entries = new Map<string, { readonly value: V; readonly weight: number }>();
  #weight = 0;

  /** `heaviest` bounds the sum of the weights, in the unit of `set`. */
  constructor(capacity: number, heaviest = Number.POSITIVE_INFINITY) {
    this.#capacity = capacity;
    this.#heaviest = heaviest;
  }

  get size(): number {
    return this.#entries.size;
  }

  get weight(): number {
    return this.#weight;
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** An entry heavier than a hundredth of the whole is not kept: one must not drive out all others. */
  set(key: string, value: V, weight = 0): void {
    this.#remove(key);
    if (weight > this.#heaviest / 100) return;
    this.#entries.set(key, { value, weight });
    this.#weight += weight;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#capacity && this.#weight <= this.#heaviest) break;
      this.#remove(oldest);
    }
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#weight -= entry.weight;
  }

  /** The remembered value, or what `make` gives, which is then remembered. */
  remember(key: string, make: () => V): V {
    const known = this.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.set(key, made);
    return made;
  }
}
