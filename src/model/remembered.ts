/**
 * What was built for the same inputs last, by owner: at most `most` variants of each owner are kept, and none outlives
 * the owner. Inputs are compared one by one by identity, so whoever fills the list names all that the result depends on.
 */
export class Remembered<Owner extends object, Result> {
  readonly #most: number;
  readonly #known = new WeakMap<Owner, { readonly inputs: readonly unknown[]; readonly result: Result }[]>();

  constructor(most: number) {
    this.#most = most;
  }

  get(owner: Owner, inputs: readonly unknown[], build: () => Result): Result {
    const variants = this.#known.get(owner) ?? [];
    const found = variants.find((variant) => sameItems(variant.inputs, inputs));
    if (found !== undefined) return found.result;
    const result = build();
    this.#known.set(owner, [{ inputs, result }, ...variants.slice(0, this.#most - 1)]);
    return result;
  }
}

export function sameItems(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left.length === right.length && left.every((item, index) => item === right[index]);
}

/** A function of one object whose results are kept as long as the object lives. */
export function rememberedBy<Owner extends object, Result>(build: (owner: Owner) => Result): (owner: Owner) => Result {
  const known = new WeakMap<Owner, Result>();
  return (owner) => {
    const found = known.get(owner);
    if (found !== undefined) return found;
    const result = build(owner);
    known.set(owner, result);
    return result;
  };
}
