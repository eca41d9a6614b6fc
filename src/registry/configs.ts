import type { KindName, Resource } from '../schema/kinds.ts';
import { byAge, changeList } from './collections.ts';
import { Input } from './input.ts';
import { readConfig } from './istio-config.ts';
import type { ProblemBook } from './problem-book.ts';
import type { Config } from './snapshot.ts';

type Of<K extends KindName> = Config<Extract<Resource, { readonly kind: K }>>;

/** The resources of one kind of Istio's API, the oldest first. */
export class Configs<K extends KindName> {
  readonly input: Input<Of<K>>;
  #list: readonly Of<K>[] = [];

  constructor(problems: ProblemBook, rootNamespaces: readonly string[] = []) {
    this.input = new Input((source) => readConfig<K>(source, rootNamespaces), problems);
  }

  settle(): readonly Of<K>[] {
    this.#list = changeList(this.#list, this.input.take(), byAge);
    return this.#list;
  }
}
