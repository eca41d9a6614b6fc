/** Which of many hosts stands for a name: itself, or one with a star. Takes time by the length of the name alone. */
export interface HostCover {
  /** A host that stands for every name that `name` stands for; undefined when there is none. */
  find(name: string): string | undefined;
  /** As `find`, but another host than `name` itself. */
  findOther(name: string): string | undefined;
}

export function buildHostCover(hosts: readonly string[]): HostCover {
  const exact = new Set(hosts);
  const suffixes = new Set(hosts.filter((host) => host.startsWith('*')).map((host) => host.slice(1)));
  const findOther = (name: string) => {
    if (name.length > 255) return undefined;
    for (let start = name.startsWith('*') ? 2 : 1; start <= name.length; start++) {
      if (suffixes.has(name.slice(start))) return `*${name.slice(start)}`;
    }
    return undefined;
  };
  return { findOther, find: (name) => (exact.has(name) ? name : findOther(name)) };
}
