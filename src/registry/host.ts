import { fieldOf } from '../model/origin.ts';
import type { Service, ServicePort } from '../model/service.ts';
import { byAge } from './collections.ts';
import type { RegistryProblem } from './registry-problem.ts';
import { type EntryRecord, serviceOfEntry } from './service-entry.ts';

/** A service, what it is made of, and what is wrong with that. */
export interface Host {
  readonly service: Service;
  /** The entries that give it endpoints, each for its own ports; none for a Service of Kubernetes. */
  readonly entries: readonly EntryRecord[];
  readonly problems: readonly RegistryProblem[];
}

/**
 * One host of one namespace: a Service of Kubernetes never merges with others and takes the place of entries; the
 * entries of a host merge their ports, the oldest first.
 */
export function mergeHost(
  hostname: string,
  kube: Service | undefined,
  entries: readonly EntryRecord[],
): Host | undefined {
  const sorted = [...entries].sort((left, right) => byAge(left.config, right.config));
  if (kube !== undefined) return { service: kube, entries: [], problems: sorted.map((entry) => hidden(entry, kube)) };
  const [first, ...others] = sorted;
  if (first === undefined) return undefined;
  const merged: Merged = { service: serviceOfEntry(first, hostname), entries: [first], problems: [] };
  return others.reduce((host, entry) => addEntry(host, entry, hostname), merged);
}

type Merged = Host;

function addEntry(host: Merged, entry: EntryRecord, hostname: string): Merged {
  const added = serviceOfEntry(entry, hostname);
  const { service } = host;
  const { origin } = added;
  const oldest = `ServiceEntry ${service.namespace}/${service.name}`;
  if (added.resolution !== service.resolution || added.external !== service.external) {
    const field = added.resolution === service.resolution ? 'spec.location' : 'spec.resolution';
    const message = `${hostname} has another one in the older ${oldest}, so this one is left out for it`;
    const problem: RegistryProblem = { severity: 'error', code: 'OR2103', message, origin: fieldOf(origin, field) };
    return { ...host, problems: [...host.problems, problem] };
  }
  const clashes = added.ports.flatMap((port, index): RegistryProblem[] => {
    const known = service.ports.find(({ number, name }) => number === port.number || name === port.name);
    if (known === undefined || samePort(known, port)) return [];
    const message = `port ${port.number} (${port.name}) of ${hostname} is port ${known.number} (${known.name}) of the older ${oldest}`;
    return [{ severity: 'error', code: 'OR2102', message, origin: fieldOf(origin, `spec.ports[${index}]`) }];
  });
  const free = (port: ServicePort) =>
    service.ports.every(({ number, name }) => number !== port.number && name !== port.name);
  return {
    service: {
      ...service,
      addresses: union(service.addresses, added.addresses),
      allocated: union(service.allocated, added.allocated),
      ports: [...service.ports, ...added.ports.filter(free)],
      subjectAltNames: union(service.subjectAltNames, added.subjectAltNames),
    },
    entries: [...host.entries, entry],
    problems: [...host.problems, ...clashes],
  };
}

function samePort(left: ServicePort, right: ServicePort): boolean {
  return left.number === right.number && left.name === right.name && left.protocol === right.protocol;
}

function union(left: readonly string[], right: readonly string[]): readonly string[] {
  return [...new Set([...left, ...right])];
}

function hidden({ config }: EntryRecord, kube: Service): RegistryProblem {
  const index = config.spec.hosts.indexOf(kube.hostname);
  const message = `${kube.hostname} is the Service ${kube.namespace}/${kube.name}, so this entry has no effect on it`;
  return { severity: 'error', code: 'OR2101', message, origin: fieldOf(config.origin, `spec.hosts[${index}]`) };
}
