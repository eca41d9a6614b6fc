import { isDeepStrictEqual } from 'node:util';
import type { Locality } from '../model/endpoint.ts';
import type { Workload } from '../model/workload.ts';
import { type Change, GroupedKeys } from './collections.ts';
import { Derivation, type Read } from './derivation.ts';
import { Input } from './input.ts';
import { isKnown, nowhere, parseLocality, readNode } from './locality.ts';
import { type PodRecord, readPod } from './pod.ts';
import type { PodView } from './pod-endpoint.ts';
import type { ProblemBook } from './problem-book.ts';

/** Pods with the places of their nodes, and which of them have a label. */
export class Workloads {
  readonly pods: Input<PodRecord>;
  readonly nodes: Input<Locality>;
  readonly #views: Derivation<PodView>;
  readonly #byLabel = new GroupedKeys();

  constructor(problems: ProblemBook) {
    this.pods = new Input(readPod, problems);
    this.#views = new Derivation((key, read) => this.#derive(key, read), problems.derivationOf('Pod'));
    this.nodes = new Input(readNode, problems);
  }

  pod(id: string): PodView | undefined {
    return this.#views.values.get(id);
  }

  node(name: string): Locality | undefined {
    return this.nodes.values.get(`/${name}`);
  }

  withLabel(namespace: string, label: string, value: string): PodView[] {
    const ids = this.#byLabel.get(labelTopic(namespace, label, value));
    return [...ids].flatMap((id) => this.pod(id) ?? []);
  }

  /** Tells each topic of what changed: pods, nodes, and labels that pods have or had. */
  settle(announce: (topic: string) => void): readonly Change<Workload>[] {
    for (const { key } of this.pods.take()) this.#views.touch(key);
    for (const { key } of this.nodes.take()) {
      this.#views.announce(nodeTopic(key.slice(1)));
      announce(nodeTopic(key.slice(1)));
    }
    const changes = this.#views.settle();
    for (const { key, before, value } of changes) {
      announce(podTopic(key));
      this.#index(key, before, announce, 'delete');
      this.#index(key, value, announce, 'add');
    }
    return changes
      .map(({ key, before, value }) => ({ key, before: before?.workload, value: value?.workload }))
      .filter(({ before, value }) => before !== value);
  }

  #index(key: string, view: PodView | undefined, announce: (topic: string) => void, how: 'add' | 'delete'): void {
    if (view === undefined) return;
    const { namespace, labels } = view.workload;
    for (const [label, value] of Object.entries(labels)) {
      const topic = labelTopic(namespace, label, value);
      this.#byLabel[how](topic, key);
      announce(topic);
    }
  }

  #derive(key: string, read: Read): PodView | undefined {
    const record = this.pods.values.get(key);
    if (record === undefined) return undefined;
    const { ready, terminating } = record;
    const workload = { ...record.workload, locality: this.#localityOf(record.workload, read) };
    const known = this.#views.values.get(key)?.workload;
    return { ready, terminating, workload: isDeepStrictEqual(known, workload) ? (known ?? workload) : workload };
  }

  #localityOf({ labels, nodeName }: PodRecord['workload'], read: Read): Locality {
    const own = parseLocality(labels['istio-locality'] ?? '');
    if (isKnown(own)) return own;
    if (nodeName === '') return nowhere;
    read(nodeTopic(nodeName));
    return this.node(nodeName) ?? nowhere;
  }
}

export const podTopic = (id: string): string => `pod ${id}`;
export const nodeTopic = (name: string): string => `node ${name}`;
export const labelTopic = (namespace: string, label: string, value: string): string =>
  `label ${namespace} ${label}=${value}`;
