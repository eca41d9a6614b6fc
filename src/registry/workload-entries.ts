import { healthAnnotation, seenAtAnnotation } from '../model/auto-registration.ts';
import type { Endpoint } from '../model/endpoint.ts';
import type { ServicePort } from '../model/service.ts';
import type { Workload } from '../model/workload.ts';
import type { WorkloadEntry as Spec } from '../schema/common/workload-entry.ts';
import type { SourceObject } from '../source/object-source.ts';
import { type Change, GroupedKeys } from './collections.ts';
import { Input, type Reading } from './input.ts';
import { readConfig } from './istio-config.ts';
import { type EntryRecord, entryFacts, machineOf } from './machine.ts';
import type { ProblemBook } from './problem-book.ts';
import { labelTopic } from './workloads.ts';

/** WorkloadEntries, and which of them have a label. */
export class WorkloadEntries {
  readonly input: Input<EntryRecord>;
  readonly #byLabel = new GroupedKeys();
  readonly #machines = new WeakMap<EntryRecord, Workload | undefined>();

  constructor(problems: ProblemBook) {
    this.input = new Input(readEntry, problems);
  }

  withLabel(namespace: string, label: string, value: string): EntryRecord[] {
    const keys = this.#byLabel.get(labelTopic(namespace, label, value));
    return [...keys].flatMap((key) => this.input.values.get(key) ?? []);
  }

  /** Tells each label that an entry of what changed has or had. The answer: machines that may have a proxy. */
  settle(announce: (topic: string) => void): readonly Change<Workload>[] {
    const changes = this.input.take();
    for (const { key, before, value } of changes) {
      for (const topic of topicsOf(before)) {
        this.#byLabel.delete(topic, key);
        announce(topic);
      }
      for (const topic of topicsOf(value)) {
        this.#byLabel.add(topic, key);
        announce(topic);
      }
    }
    return changes
      .map(({ key, before, value }) => ({ key, before: this.#machine(before), value: this.#machine(value) }))
      .filter(({ before, value }) => before !== value);
  }

  /** Of an entry the same one each time. */
  #machine(entry: EntryRecord | undefined): Workload | undefined {
    if (entry === undefined) return undefined;
    if (!this.#machines.has(entry)) this.#machines.set(entry, machineOf(entry));
    return this.#machines.get(entry);
  }
}

function topicsOf(entry: EntryRecord | undefined): string[] {
  if (entry === undefined) return [];
  return Object.entries(entry.labels).map(([label, value]) => labelTopic(entry.namespace, label, value));
}

function readEntry(source: SourceObject): Reading<EntryRecord> {
  const { value, problems } = readConfig<'WorkloadEntry'>(source);
  if (value === undefined) return { value, problems };
  const { generation: _generation, ...origin } = value.origin;
  // A machine that registers itself is renewed each minute, which is no change of it.
  const { [seenAtAnnotation]: _seenAt, ...annotations } = value.annotations;
  return { value: { ...value, labels: { ...value.spec.labels, ...value.labels }, annotations, origin }, problems };
}

/**
 * The port of an entry behind a port of a service: by the service's name of it, else by the name that the service has
 * for it in pods, else its number. Undefined where only the name is known, and the entry does not have it.
 */
export function entryPort({ address = '', ports = {} }: Spec, { name, targetPort }: ServicePort): number | undefined {
  if (address.startsWith('unix://')) return 0;
  const own = Object.hasOwn(ports, name) ? ports[name] : undefined;
  if (own !== undefined || typeof targetPort === 'number') return own ?? Number(targetPort);
  return Object.hasOwn(ports, targetPort) ? ports[targetPort] : undefined;
}

/** An entry as an endpoint of the ports of a service that selects it. It is ready as long as it is there, and its probe succeeds. */
export function selectedEntry(entry: EntryRecord, ports: readonly ServicePort[]): Endpoint[] {
  const { spec, name, namespace, labels, origin } = entry;
  // Where only the network is known, its gateway leads there.
  const { address = '' } = spec;
  const health = entry.annotations[healthAnnotation] === 'unhealthy' ? 'not-ready' : 'ready';
  return ports.flatMap((port) => {
    const number = entryPort(spec, port);
    if (number === undefined) return [];
    const place = { address, port: number, servicePort: port.name, health, nodeName: '', namespace } as const;
    return [{ ...place, ...entryFacts(spec, name, labels), workload: `${namespace}/${name}`, origin }];
  });
}
