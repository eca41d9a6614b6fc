import type { Config } from '../../registry/snapshot.ts';
import type { VirtualService } from '../../schema/kinds.ts';
import { resolveHost } from '../hosts.ts';

/** Every host that the rules of a resource send traffic to, in full, mirrors included; each once, sorted. */
export function namedHosts({ spec, namespace }: Config<VirtualService>, domainSuffix: string): readonly string[] {
  const http = (spec.http ?? []).flatMap(({ route = [], mirror, mirrors = [] }) => [
    ...route.map(({ destination }) => destination.host),
    ...(mirror === undefined ? [] : [mirror.host]),
    ...mirrors.map(({ destination }) => destination.host),
  ]);
  const others = [...(spec.tls ?? []), ...(spec.tcp ?? [])].flatMap(({ route = [] }) =>
    route.map(({ destination }) => destination.host),
  );
  return [...new Set([...http, ...others].map((host) => resolveHost(host, namespace, domainSuffix)))].sort();
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
