import { fieldOf, type Origin } from '../../model/origin.ts';
import type { Workload } from '../../model/workload.ts';
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
  codes: ['OR3020', 'OR3021'],
  atAdmission: true,
  *analyze(input) {
    const lookup = lookupIn(input);
    for (const one of [...selecting(input), ...targeting(input)]) {
      if (!input.knows('Pod', one.namespace)) continue;
      const selected = selectedWorkloads(lookup, one.everywhere ? undefined : one.namespace, one.labels);
      const found = selected.length > 0 ? withoutProxy(one, selected) : withoutPod(one, input);
      if (found !== undefined) yield found;
    }
  },
};

/** Who is in the root namespace alone is for the whole mesh. */
function withoutProxy({ origin, field, labels = {}, everywhere }: Selecting, selected: readonly Workload[]) {
  const [first, ...others] = selected;
  if (first === undefined || everywhere || selected.some(({ meshed }) => meshed)) return undefined;
  const more = others.length === 0 ? ', which it is for, has' : ` and ${others.length} more, which it is for, have`;
  const at = Object.keys(labels).length === 0 ? 'spec' : field;
  return finding('OR3021', { origin: fieldOf(origin, at), message: `${first.id}${more} no proxy` });
}

function withoutPod({ namespace, origin, field, labels = {}, everywhere }: Selecting, { snapshot }: AnalysisInput) {
  if (Object.keys(labels).length === 0) return undefined;
  if ([...snapshot.machines.values()].some((machine) => machine.namespace === namespace)) return undefined;
  const list = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  const where = everywhere ? 'anywhere' : `in ${namespace}`;
  return finding('OR3020', { origin: fieldOf(origin, field), message: `no pod ${where} has ${list.join(', ')}` });
}

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
    ...subjects(input, 'DestinationRule')
      .filter(({ spec }) => spec.workloadSelector !== undefined)
      .map(({ namespace, origin, spec }) => ({
        ...{ namespace, origin, field: 'spec.workloadSelector', labels: spec.workloadSelector?.matchLabels },
        everywhere: false,
      })),
  ];
}
