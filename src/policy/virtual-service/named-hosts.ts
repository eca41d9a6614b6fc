import type { Config } from '../../registry/snapshot.ts';
import type { VirtualService } from '../../schema/kinds.ts';
import { resolveHost } from '../hosts.ts';

/** Ports by host, in full; port 0 stands for a destination that names none. */
export type DestinationPorts = ReadonlyMap<string, ReadonlySet<number>>;

/** Every host that the rules of a resource send traffic to, mirrors included, with the ports that they name; sorted. */
export function destinationPorts({ spec, namespace }: Config<VirtualService>, domainSuffix: string): DestinationPorts {
  const http = (spec.http ?? []).flatMap(({ route = [], mirror, mirrors = [] }) => [
    ...route.map(({ destination }) => destination),
    ...(mirror === undefined ? [] : [mirror]),
    ...mirrors.map(({ destination }) => destination),
  ]);
  const others = [...(spec.tls ?? []), ...(spec.tcp ?? [])].flatMap(({ route = [] }) =>
    route.map(({ destination }) => destination),
  );
  const found = new Map<string, Set<number>>();
  for (const { host, port } of [...http, ...others]) {
    const full = resolveHost(host, namespace, domainSuffix);
    found.set(full, (found.get(full) ?? new Set()).add(port?.number ?? 0));
  }
  return new Map([...found].sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** Whether what it does depends on who calls. */
export function asksForSource({ spec }: Config<VirtualService>): boolean {
  const rules: readonly { readonly match?: readonly object[] }[] = [
    ...(spec.http ?? []),
    ...(spec.tls ?? []),
    ...(spec.tcp ?? []),
  ];
  return rules.some(({ match = [] }) => match.some((entry) => 'sourceLabels' in entry || 'sourceNamespace' in entry));
}

/** The labels of clients that its rules look at. */
export function sourceLabelNames({ spec }: Config<VirtualService>): readonly string[] {
  const rules: readonly { readonly match?: readonly { readonly sourceLabels?: Record<string, string> }[] }[] = [
    ...(spec.http ?? []),
    ...(spec.tls ?? []),
    ...(spec.tcp ?? []),
  ];
  return rules.flatMap(({ match = [] }) => match.flatMap(({ sourceLabels = {} }) => Object.keys(sourceLabels)));
}
