import type { VirtualHostIR } from '../ir/types/route.ts';

/** Hosts by the names that mean them, as Envoy looks them up. */
export interface HostTable {
  readonly hosts: readonly VirtualHostIR[];
  /** By a Host header: the exact name first, then the longest `*.suffix`. */
  find(host: string): VirtualHostIR | undefined;
}

export function hostTable(hosts: readonly VirtualHostIR[]): HostTable {
  // Made on the first question: where hosts are pushed hardly anybody asks.
  let index: HostIndex | undefined;
  return {
    hosts,
    find: (header) => {
      index ??= indexOf(hosts);
      const name = withoutPort(header.toLowerCase());
      const found = index.exact.get(name);
      if (found !== undefined) return found;
      return index.wildcards.find(({ suffix }) => name.length > suffix.length && name.endsWith(suffix))?.host;
    },
  };
}

interface HostIndex {
  readonly exact: ReadonlyMap<string, VirtualHostIR>;
  /** The longest first. */
  readonly wildcards: readonly { readonly suffix: string; readonly host: VirtualHostIR }[];
}

function indexOf(hosts: readonly VirtualHostIR[]): HostIndex {
  const exact = new Map<string, VirtualHostIR>();
  const wildcards: { readonly suffix: string; readonly host: VirtualHostIR }[] = [];
  for (const host of hosts) {
    for (const domain of host.domains) {
      if (domain.startsWith('*')) wildcards.push({ suffix: domain.slice(1).toLowerCase(), host });
      else if (!exact.has(domain.toLowerCase())) exact.set(domain.toLowerCase(), host);
    }
  }
  wildcards.sort((a, b) => b.suffix.length - a.suffix.length);
  return { exact, wildcards };
}

/** `reviews:9080` and `[::1]:80` without the port. */
function withoutPort(header: string): string {
  return header.replace(/:\d+$/, '');
}
