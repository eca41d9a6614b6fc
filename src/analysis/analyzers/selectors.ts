import { fieldOf, type Origin } from '../../model/origin.ts';
import { gatewayTargets } from '../../policy/targets.ts';
import { type AnalysisInput, subjects } from '../analysis-input.ts';
import type { Analyzer } from '../analyzer.ts';

import { finding } from '../finding.ts';
import { lookupIn, selectedWorkloads } from '../mesh-lookup.ts';

interface Selecting {
  readonly namespace: string;
  readonly origin: Origin;
  readonly field: string;
  readonly labels: Readonly<Record<string, string>> | undefined;
  /** In a root namespace it selects pods of every namespace. */
  readonly everywhere: boolean;
}

/** Resources that are for some pods, and the labels of these. */
export const selectors: Analyzer = {
  name: 'selectors',
  description: 'Pods that policies, Sidecars, Telemetries, EnvoyFilters, RateLimits and DestinationRules are for',
  codes: ['OR3020'],
  atAdmission: true,
  *analyze(input) {
    const lookup = lookupIn(input);
    for (const { namespace, origin, field, labels = {}, everywhere } of [...selecting(input), ...targeting(input)]) {
      if (Object.keys(labels).length === 0 || !input.knows('Pod', namespace)) continue;
      if (selectedWorkloads(lookup, everywhere ? undefined : namespace, labels).length > 0) continue;
      if ([...input.snapshot.machines.values()].some((machine) => machine.namespace === namespace)) continue;
      const list = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
      const where = everywhere ? 'anywhere' : `in ${namespace}`;
      yield finding('OR3020', { origin: fieldOf(origin, field), message: `no pod ${where} has ${list.join(', ')}` });
    }
  },
};

/** Policies that are attached to a Gateway are for its pods, which a label tells; of other targets validation speaks. */
function targeting(input: AnalysisInput): readonly Selecting[] {
  const kinds = ['AuthorizationPolicy', 'RequestAuthentication', 'Telemetry', 'EnvoyFilter'] as const;
  return kinds.flatMap((kind) =>
    subjects(input, kind).flatMap(({ namespace, origin, spec }) =>
      gatewayTargets(spec).map(({ field, labels }) => ({ namespace, origin, field, labels, everywhere: false })),
    ),
  );
}

function selecting(input: AnalysisInput): readonly Selecting[] {
  const roots = input.settings.rootNamespaces;
  const byMatch = [
    'PeerAuthentication',
    'AuthorizationPolicy',
    'RequestAuthentication',
    'Telemetry',
    'RateLimit',
  ] as const;
  const byLabels = ['Sidecar', 'EnvoyFilter'] as const;
  return [
    ...byMatch.flatMap((kind) =>
      subjects(input, kind).map(({ namespace, origin, spec }) => ({
        ...{ namespace, origin, field: 'spec.selector', labels: spec.selector?.matchLabels },
        everywhere: roots.includes(namespace),
      })),
    ),
    ...byLabels.flatMap((kind) =>
      subjects(input, kind).map(({ namespace, origin, spec }) => ({
        ...{ namespace, origin, field: 'spec.workloadSelector', labels: spec.workloadSelector?.labels },
        everywhere: kind === 'EnvoyFilter' && roots.includes(namespace),
      })),
    ),
    ...subjects(input, 'DestinationRule').map(({ namespace, origin, spec }) => ({
      ...{ namespace, origin, field: 'spec.workloadSelector', labels: spec.workloadSelector?.matchLabels },
      everywhere: false,
    })),
  ];
}
