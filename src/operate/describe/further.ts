import type { Workload } from '../../model/workload.ts';
import { emergenciesFor } from '../../policy/emergency/relief.ts';
import { patchesFor } from '../../policy/envoy-filter/select.ts';
import { rateLimitsFor } from '../../policy/rate-limit/select.ts';
import { telemetriesFor } from '../../policy/telemetry/select.ts';
import { type Block, shortOrigin } from './block.ts';
import type { SecurityInputs } from './security.ts';

/** What else holds for a workload: what takes its protection away, counts it, limits it, or patches its proxy. */
export function describeFurther({ snapshot, settings }: SecurityInputs, workload: Workload): Block | undefined {
  const { namespace, labels, meshed } = workload;
  if (!meshed) return undefined;
  const query = { namespace, labels, rootNamespaces: settings.rootNamespaces };
  const limits = rateLimitsFor(snapshot.rateLimits, { ...query, clusterOf: () => undefined });
  const limited = [...limits.local.map(({ origin }) => origin), ...limits.problems.flatMap(({ origins }) => origins)];
  const patches = patchesFor(snapshot.envoyFilters, { proxy: workload, settings });
  const lines = [
    ...emergenciesFor(snapshot.emergencies, query).map(
      ({ spec, origin }) =>
        `${shortOrigin(origin)}: ${spec.level} for ${spec.ttl}${spec.by === undefined ? '' : ` by ${spec.by}`}: ${spec.reason}`,
    ),
    ...telemetriesFor(snapshot.telemetries, query).map(({ spec, origin }) => {
      const parts = Object.keys(spec).filter((part) => ['accessLogging', 'metrics', 'tracing'].includes(part));
      return `${shortOrigin(origin)}: ${parts.join(', ') || 'nothing'}`;
    }),
    ...distinct(limited.map(shortOrigin)).map((name) => `${name}: limits its requests`),
    ...distinct(patches.map(({ origin }) => shortOrigin(origin))).map((name) => `${name}: patches its proxy`),
  ];
  return lines.length === 0 ? undefined : { title: 'What else holds for it', lines };
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)];
}
