import type { Config } from '../registry/snapshot.ts';
import { parseDuration } from '../schema/common/duration.ts';
import type { Emergency } from '../schema/kinds.ts';
import type { DashboardState } from './api-types.ts';

/** Those in force, with whom they are for. */
export function emergenciesShown(
  emergencies: readonly Config<Emergency>[],
  rootNamespaces: readonly string[],
): DashboardState['emergencies'] {
  return emergencies.map(({ namespace, createdAt, spec }) => {
    const labels = Object.entries(spec.selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
    const place = rootNamespaces.includes(namespace) ? 'the mesh' : namespace;
    return {
      scope: labels.length === 0 ? place : `${labels.join(',')} of ${place}`,
      level: spec.level ?? '',
      until: createdAt + (parseDuration(spec.ttl ?? '') ?? 0),
      reason: spec.reason ?? '',
    };
  });
}
