import type { VirtualHostIR } from '../ir/types/route.ts';

/** Hosts by the names that mean them, as Envoy looks them up. */
export interface HostTable {
  readonly hosts: readonly VirtualHostIR[];
  /** By a Host header: the exact name first, then the longest `*.suffix`. */
  find(host: string): VirtualHostIR | undefined;
}

export function hostTable(hosts: readonly VirtualHostIR[]): HostTable {
  const exact = new Map<string, VirtualHostIR>();
  const wildcards: { readonly suffix: string; readonly host: VirtualHostIR }[] = [];
  for (const host of hosts) {
    for (const domain of host.domains) {
      if (domain.startsWith('*')) wildcards.push({ suffix: domain.slice(1).toLowerCase(), host });
      else if (!exact.has(domain.toLowerCase())) exact.set(domain.toLowerCase(), host);
    }
  }
  wildcards.sort((a, b) => b.suffix.length - a.suffix.length);
  return {
    hosts,
    find: (header) => {
      const name = withoutPort(header.toLowerCase());
      const found = exact.get(name);
      if (found !== undefined) return found;
      return wildcards.find(({ suffix }) => name.length > suffix.length && name.endsWith(suffix))?.host;
    },
  };
}

/** `reviews:9080` and `[::1]:80` without the port. */
function withoutPort(header: string): string {
  return header.replace(/:\d+$/, '');
}
