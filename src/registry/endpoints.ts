import type { Endpoint } from '../model/endpoint.ts';
import { byText, type Change, GroupedKeys } from './collections.ts';
import { Derivation, type Read } from './derivation.ts';
import { deriveEndpoints, type EndpointFacts } from './derive-endpoints.ts';
import { readSlice, type SliceRecord } from './endpoint-slice.ts';
import type { Host } from './host.ts';
import type { Hosts } from './hosts.ts';
import { Input } from './input.ts';
import type { ProblemBook } from './problem-book.ts';
import type { WorkloadEntries } from './workload-entries.ts';
import { labelTopic, nodeTopic, podTopic, type Workloads } from './workloads.ts';

export interface EndpointsOptions {
  readonly hosts: Hosts;
  readonly workloads: Workloads;
  readonly entries: WorkloadEntries;
  readonly problems: ProblemBook;
}

/** Endpoints by the id of their service. */
export class Endpoints {
  readonly slices: Input<SliceRecord>;
  readonly #hosts: Hosts;
  readonly #workloads: Workloads;
  readonly #entries: WorkloadEntries;
  readonly #slicesOf = new GroupedKeys();
  readonly #endpoints: Derivation<readonly Endpoint[]>;

  constructor({ hosts, workloads, entries, problems }: EndpointsOptions) {
    this.#hosts = hosts;
    this.#workloads = workloads;
    this.#entries = entries;
    this.#endpoints = new Derivation((id, read) => this.#derive(id, read), problems.derivationOf('EndpointSlice'));
    this.slices = new Input(readSlice, problems);
  }

  /** For what changed of the topics that `Workloads` tells. */
  announce(topic: string): void {
    this.#endpoints.announce(topic);
  }

  settle(hosts: readonly Change<Host>[]): readonly Change<readonly Endpoint[]>[] {
    for (const { key } of hosts) this.#endpoints.touch(key);
    for (const { key, before, value } of this.slices.take()) {
      if (before !== undefined) this.#slicesOf.delete(before.service, key);
      if (value !== undefined) this.#slicesOf.add(value.service, key);
      for (const service of new Set([before?.service, value?.service])) {
        if (service !== undefined) this.#endpoints.announce(slicesTopic(service));
      }
    }
    return this.#endpoints.settle();
  }

  #derive(id: string, read: Read): readonly Endpoint[] | undefined {
    const host = this.#hosts.get(id);
    return host === undefined ? undefined : deriveEndpoints(host, this.#facts(read), this.#endpoints.values.get(id));
  }

  #facts(read: Read): EndpointFacts {
    return {
      slices: (service) => {
        read(slicesTopic(service));
        const keys = [...this.#slicesOf.get(service)].sort(byText);
        return keys.flatMap((key) => this.slices.values.get(key) ?? []);
      },
      pod: (id) => {
        read(podTopic(id));
        return this.#workloads.pod(id);
      },
      node: (name) => {
        read(nodeTopic(name));
        return this.#workloads.node(name);
      },
      podsWith: (namespace, labels) => {
        const [label, value] = firstOf(labels);
        read(labelTopic(namespace, label, value));
        const pods = this.#workloads.withLabel(namespace, label, value);
        return pods.filter(({ workload }) => hasAll(workload.labels, labels));
      },
      entriesWith: (namespace, labels) => {
        const [label, value] = firstOf(labels);
        read(labelTopic(namespace, label, value));
        return this.#entries.withLabel(namespace, label, value).filter((entry) => hasAll(entry.labels, labels));
      },
    };
  }
}

type Labels = Readonly<Record<string, string>>;

/** Whatever has all of them has the first one. */
function firstOf(labels: Labels): readonly [string, string] {
  const [first = ['', ''] as const] = Object.entries(labels).sort(([left], [right]) => byText(left, right));
  return first;
}

function hasAll(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

const slicesTopic = (service: string): string => `slices ${service}`;
