/** Counts by name. Most have one name or none: that costs no map. */
export class CountsByName {
  #name: string | undefined;
  #count = 0;
  #more: Map<string, number> | undefined;

  add(name: string, by: number): void {
    if (this.#name === undefined) this.#name = name;
    if (this.#name === name) this.#count += by;
    else {
      this.#more ??= new Map();
      this.#more.set(name, (this.#more.get(name) ?? 0) + by);
    }
  }

  merge(other: CountsByName): void {
    if (other.#name !== undefined) this.add(other.#name, other.#count);
    if (other.#more !== undefined) for (const [name, count] of other.#more) this.add(name, count);
  }

  entries(): [string, number][] {
    return this.#name === undefined ? [] : [[this.#name, this.#count], ...(this.#more ?? [])];
  }
}
