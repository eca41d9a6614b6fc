/**
 * A host as a resource names it, in full: a name without a dot is a Service of the resource's namespace, every other is
 * taken as it stands (https://istio.io/latest/docs/reference/config/networking/virtual-service/#Destination).
 */
export function resolveHost(host: string, namespace: string, domainSuffix: string): string {
  const lower = host.toLowerCase();
  if (lower.includes('.') || lower.startsWith('*')) return lower;
  return `${lower}.${namespace}.svc.${domainSuffix}`;
}

/** Whether `*.example.com` (or `*`) stands for a host; a wildcard stands for narrower wildcards, too. */
export function hostCovers(pattern: string, host: string): boolean {
  if (!pattern.startsWith('*')) return pattern === host;
  return host.length > pattern.length - 1 && host.endsWith(pattern.slice(1));
}

/** Values by host, where the exact name wins over wildcards and the longest wildcard over the others. */
export class HostIndex<T> {
  readonly #exact = new Map<string, T>();
  readonly #wildcards: { readonly pattern: string; readonly value: T }[] = [];

  /** Of two values for one host the first stays. */
  add(host: string, value: T): void {
    if (!host.startsWith('*')) {
      if (!this.#exact.has(host)) this.#exact.set(host, value);
      return;
    }
    if (this.#wildcards.some((entry) => entry.pattern === host)) return;
    this.#wildcards.push({ pattern: host, value });
    this.#wildcards.sort((a, b) => b.pattern.length - a.pattern.length);
  }

  /** The same hosts, some of them with another value. */
  replaced(values: ReadonlyMap<T, T>): HostIndex<T> {
    const index = new HostIndex<T>();
    for (const [host, value] of this.#exact) index.#exact.set(host, values.get(value) ?? value);
    for (const { pattern, value } of this.#wildcards)
      index.#wildcards.push({ pattern, value: values.get(value) ?? value });
    return index;
  }

  find(host: string): T | undefined {
    return this.#exact.get(host) ?? this.#wildcards.find(({ pattern }) => hostCovers(pattern, host))?.value;
  }

  exact(host: string): T | undefined {
    return this.#exact.get(host);
  }
}
