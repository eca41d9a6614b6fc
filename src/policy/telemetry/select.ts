import type { Config } from '../../registry/snapshot.ts';
import type { Telemetry } from '../../schema/kinds.ts';
import { hasLabels } from '../client.ts';
import { isAttached, isTarget } from '../targets.ts';

export interface TelemetryQuery {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly rootNamespaces: readonly string[];
}

/**
 * What holds for a workload, from the widest to the nearest: that of the root namespace, that of its own namespace, and
 * the one that selects it. Of several the oldest counts, as in Istio; `configs` are in that order.
 */
export function telemetriesFor(
  configs: readonly Config<Telemetry>[],
  { namespace, labels, rootNamespaces }: TelemetryQuery,
): readonly Config<Telemetry>[] {
  const wide = (name: string) => configs.find((config) => config.namespace === name && isWide(config));
  const roots = rootNamespaces.map(wide);
  const root = roots.find((config) => config !== undefined);
  const own = rootNamespaces.includes(namespace) ? undefined : wide(namespace);
  const nearest = configs.find(
    (config) =>
      config.namespace === namespace &&
      !isWide(config) &&
      (isAttached(config.spec) ? isTarget(config.spec, labels) : hasLabels(labels, config.spec.selector?.matchLabels)),
  );
  return [root, own, nearest].filter((config) => config !== undefined);
}

function isWide(config: Config<Telemetry>): boolean {
  return Object.keys(config.spec.selector?.matchLabels ?? {}).length === 0 && !isAttached(config.spec);
}
