import { type Origin, printOrigin } from '../../model/origin.ts';
import { type AnalysisInput, configsOf, subjects } from '../analysis-input.ts';
import type { Analyzer } from '../analyzer.ts';
import { type Finding, finding } from '../finding.ts';
import type { FindingCode } from '../finding-catalogue.ts';
import { lookupIn, selectedWorkloads } from '../mesh-lookup.ts';

interface Selecting {
  readonly namespace: string;
  readonly origin: Origin;
  readonly labels: Readonly<Record<string, string>>;
}

/** Sidecars and policies of which a pod has one: of several on one level the oldest counts. */
export const selectionConflicts: Analyzer = {
  name: 'selection.conflicts',
  description: 'Sidecars and policies for pods that an older one has already',
  codes: ['OR3033', 'OR3034'],
  atAdmission: true,
  *analyze(input) {
    const sidecars = configsOf(input.snapshot, 'Sidecar').map((one) => ({
      ...{ namespace: one.namespace, origin: one.origin, labels: one.spec.workloadSelector?.labels ?? {} },
    }));
    const judgedSidecars = new Set(subjects(input, 'Sidecar').map(({ origin }) => origin));
    yield* among(sidecars, judgedSidecars, { code: 'OR3033', input });
    for (const kind of ['PeerAuthentication', 'Telemetry'] as const) {
      const policies = configsOf(input.snapshot, kind).map((one) => ({
        ...{ namespace: one.namespace, origin: one.origin, labels: one.spec.selector?.matchLabels ?? {} },
      }));
      const judged = new Set(subjects(input, kind).map(({ origin }) => origin));
      yield* among(policies, judged, { code: 'OR3034', input });
    }
  },
};

function* among(
  all: readonly Selecting[],
  judged: ReadonlySet<Origin>,
  { code, input }: { readonly code: FindingCode; readonly input: AnalysisInput },
): Generator<Finding> {
  const lookup = lookupIn(input);
  const podsOf = ({ namespace, labels }: Selecting) =>
    new Set(Object.keys(labels).length === 0 ? [] : selectedWorkloads(lookup, namespace, labels).map(({ id }) => id));
  for (const [index, one] of all.entries()) {
    if (!judged.has(one.origin)) continue;
    const before = all.slice(0, index).filter(({ namespace }) => namespace === one.namespace);
    const isGeneral = Object.keys(one.labels).length === 0;
    const pods = podsOf(one);
    const older = before.find((other) =>
      isGeneral ? Object.keys(other.labels).length === 0 : [...podsOf(other)].some((id) => pods.has(id)),
    );
    if (older === undefined) continue;
    const whom = isGeneral ? `the whole namespace ${one.namespace}` : 'pods that this one selects, too';
    yield finding(code, { origin: one.origin, message: `the older ${printOrigin(older.origin)} is for ${whom}` });
  }
}
