import type { NamespaceFacts } from '../model/pod.ts';
import { keptAnnotations } from '../source/kept-annotations.ts';
import type { SourceObject } from '../source/object-source.ts';
import type { Change } from './collections.ts';
import { Input, type Reading } from './input.ts';
import { textMapAt } from './json-fields.ts';
import type { ProblemBook } from './problem-book.ts';

export class Namespaces {
  readonly input: Input<NamespaceFacts>;

  constructor(problems: ProblemBook) {
    this.input = new Input(readNamespace, problems);
  }

  /** By name. */
  settle(): readonly Change<NamespaceFacts>[] {
    return this.input.take().map((change) => ({ ...change, key: change.key.slice(1) }));
  }
}

function readNamespace({ name, object }: SourceObject): Reading<NamespaceFacts> {
  // The API server gives every namespace this label; one of a file has it, too.
  const labels = { 'kubernetes.io/metadata.name': name, ...textMapAt(object, 'metadata', 'labels') };
  const annotations = keptAnnotations(textMapAt(object, 'metadata', 'annotations'));
  return { value: { name, labels, annotations }, problems: [] };
}
