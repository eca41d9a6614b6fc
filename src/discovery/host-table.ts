import type { VirtualHostIR } from '../ir/types/route.ts';
import { uniqueDomains } from '../xds/translate/route-configuration.ts';

/** Hosts by the names that mean them, as Envoy looks them up. */
export interface HostTable {
  readonly hosts: readonly VirtualHostIR[];
  /** By a Host header: the exact name first, then the longest `*.suffix`. */
  find(host: string): VirtualHostIR | undefined;
}

export function hostTable(hosts: readonly VirtualHostIR[]): HostTable {
  return new Table(hosts, { index: undefined });
}

/** The table after a change: where the names stay as they were, so does what was made of them. */
export function nextHostTable(before: HostTable | undefined, hosts: readonly VirtualHostIR[]): HostTable {
  if (before instanceof Table && sameNames(before.hosts, hosts)) return new Table(hosts, before.names);
  return hostTable(uniqueDomains(hosts));
}

function sameNames(left: readonly VirtualHostIR[], right: readonly VirtualHostIR[]): boolean {
  return (
    left.length === right.length && left.every((host, index) => host === right[index] || named(host, right[index]))
  );
}

function named({ domains }: VirtualHostIR, other: VirtualHostIR | undefined): boolean {
  return domains.length === other?.domains.length && domains.every((domain, index) => domain === other.domains[index]);
}

/** Hosts by their place in the list. */
interface HostIndex {
  readonly exact: ReadonlyMap<string, number>;
  /** The longest first. */
  readonly wildcards: readonly { readonly suffix: string; readonly place: number }[];
}

class Table implements HostTable {
  readonly hosts: readonly VirtualHostIR[];
  /** Made on the first question: where hosts are pushed hardly anybody asks. */
  readonly names: { index: HostIndex | undefined };

  constructor(hosts: readonly VirtualHostIR[], names: { index: HostIndex | undefined }) {
    this.hosts = hosts;
    this.names = names;
  }

  find(header: string): VirtualHostIR | undefined {
    this.names.index ??= indexOf(this.hosts);
    const { exact, wildcards } = this.names.index;
    const name = withoutPort(header.toLowerCase());
    const place =
      exact.get(name) ?? wildcards.find(({ suffix }) => name.length > suffix.length && name.endsWith(suffix))?.place;
    return place === undefined ? undefined : this.hosts[place];
  }
}

function indexOf(hosts: readonly VirtualHostIR[]): HostIndex {
  const exact = new Map<string, number>();
  const wildcards: { readonly suffix: string; readonly place: number }[] = [];
  for (const [place, host] of hosts.entries()) {
    for (const domain of host.domains) {
      if (domain.startsWith('*')) wildcards.push({ suffix: domain.slice(1).toLowerCase(), place });
      else if (!exact.has(domain.toLowerCase())) exact.set(domain.toLowerCase(), place);
    }
  }
  wildcards.sort((a, b) => b.suffix.length - a.suffix.length);
  return { exact, wildcards };
}

/** `reviews:9080` and `[::1]:80` without the port. */
function withoutPort(header: string): string {
  return header.replace(/:\d+$/, '');
}
