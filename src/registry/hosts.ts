import { isDeepStrictEqual } from 'node:util';
import type { Service } from '../model/service.ts';
import type { ServiceEntry } from '../schema/kinds.ts';
import type { SourceObject } from '../source/object-source.ts';
import { allocateAddresses, allocationKey } from './allocated-addresses.ts';
import { type Change, GroupedKeys } from './collections.ts';
import { Derivation } from './derivation.ts';
import { type Host, mergeHost } from './host.ts';
import { Input, type Reading } from './input.ts';
import { readConfig } from './istio-config.ts';
import { readKubeService } from './kube-service.ts';
import type { ProblemBook } from './problem-book.ts';
import { allocatedOf, type EntryRecord, idsOf } from './service-entry.ts';

/** Services of Kubernetes and ServiceEntries, one value a host and namespace. */
export class Hosts {
  readonly services: Input<Service>;
  readonly entries: Input<EntryRecord>;
  readonly #hosts: Derivation<Host>;
  readonly #servicesOf = new GroupedKeys();
  readonly #entriesOf = new GroupedKeys();
  readonly #problems: ProblemBook;
  #allocated: ReadonlyMap<string, readonly string[]> = new Map();

  constructor(domainSuffix: string, problems: ProblemBook) {
    this.#problems = problems;
    this.#hosts = new Derivation((id) => this.#derive(id), problems.derivationOf('Service'));
    this.services = new Input(readKubeService(domainSuffix), problems);
    this.entries = new Input(readEntry, problems);
  }

  get(id: string): Host | undefined {
    return this.#hosts.values.get(id);
  }

  settle(): readonly Change<Host>[] {
    for (const { key, before, value } of this.services.take()) {
      this.#move(this.#servicesOf, key, before === undefined ? [] : [before.id], value === undefined ? [] : [value.id]);
    }
    const entries = this.entries.take();
    if (entries.length > 0) this.#allocate();
    for (const { key, before, value } of entries) {
      this.#move(
        this.#entriesOf,
        key,
        before === undefined ? [] : idsOf(before),
        value === undefined ? [] : idsOf(value),
      );
    }
    const changes = this.#hosts.settle();
    for (const { key, value } of changes) this.#problems.set(`host ${key}`, value?.problems ?? []);
    return changes;
  }

  /** An entry that comes or goes may change the addresses of others. */
  #allocate(): void {
    const before = this.#allocated;
    this.#allocated = allocateAddresses(this.entries.values.values());
    for (const [key, addresses] of this.#allocated) {
      if (before.get(key)?.[0] === addresses[0]) continue;
      const [namespace, , host] = key.split('/');
      this.#hosts.touch(`${namespace}/${host}`);
    }
  }

  /** Of this host alone: an entry may have thousands. */
  #withAddresses(entry: EntryRecord, host: string): EntryRecord {
    if (entry.allocated.length > 0) return entry;
    const addresses = this.#allocated.get(allocationKey(entry, host));
    return addresses === undefined ? entry : { ...entry, allocated: addresses.map((address) => ({ host, address })) };
  }

  #move(groups: GroupedKeys, key: string, before: readonly string[], after: readonly string[]): void {
    for (const id of before) {
      groups.delete(id, key);
      this.#hosts.touch(id);
    }
    for (const id of after) {
      groups.add(id, key);
      this.#hosts.touch(id);
    }
  }

  #derive(id: string): Host | undefined {
    const [kube] = this.#servicesOf.get(id);
    const hostname = id.slice(id.indexOf('/') + 1);
    const entries = [...this.#entriesOf.get(id)]
      .flatMap((key) => this.entries.values.get(key) ?? [])
      .map((entry) => this.#withAddresses(entry, hostname));
    const host = mergeHost(hostname, kube === undefined ? undefined : this.services.values.get(kube), entries);
    const before = this.get(id)?.service;
    if (host === undefined || before === undefined || !isDeepStrictEqual(before, host.service)) return host;
    return { ...host, service: before };
  }
}

function readEntry(source: SourceObject): Reading<EntryRecord> {
  const { value, problems } = readConfig<ServiceEntry['kind']>(source);
  if (value === undefined) return { value, problems };
  return { value: { config: value, allocated: allocatedOf(source.object) }, problems };
}
