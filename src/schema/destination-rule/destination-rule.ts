import type { Static } from 'typebox';
import { listOf, message, text } from '../build.ts';
import { exportTo } from '../common/export-to.ts';
import { reportTwice } from '../common/findings.ts';
import { checkDnsLabel, checkWildcardHost } from '../common/host-name.ts';
import { labels, WorkloadSelector } from '../common/label.ts';
import { printValue, type Report } from '../problem.ts';
import { TrafficPolicy } from './traffic-policy.ts';

const Subset = message(
  {
    labels: labels('Labels of its pods.'),
    trafficPolicy: TrafficPolicy,
  },
  { description: 'A part of the endpoints.', needs: { name: text('Its name.', checkDnsLabel) } },
);

export const DestinationRuleSpec = message(
  {
    trafficPolicy: TrafficPolicy,
    subsets: listOf(Subset, 'Named parts of the endpoints.', (subsets, report) =>
      reportTwice(
        subsets.map((subset) => subset.name),
        { at: (index) => [index, 'name'], what: 'subset', report },
      ),
    ),
    exportTo,
    workloadSelector: WorkloadSelector,
  },
  {
    description: 'What holds for connections to a host, once it was chosen.',
    check: ({ workloadSelector, exportTo: namespaces = [] }, report) => {
      if (workloadSelector !== undefined && (namespaces.length > 1 || namespaces.includes('*')))
        report({ at: ['exportTo'], code: 'OR1655', message: 'with workloadSelector it may be only its own namespace' });
    },
    needs: { host: text('A service, by short or full name, or *.suffix.', checkWildcardHost) },
  },
);

/** As Istio: a rule for some clients is for those of its own namespace. */
export function checkVisibility(
  { workloadSelector, exportTo: [only, ...more] = [] }: Static<typeof DestinationRuleSpec>,
  namespace: string,
  report: Report,
): void {
  if (workloadSelector === undefined || only === undefined || more.length > 0) return;
  if (only !== '.' && only !== namespace)
    report({
      at: ['exportTo', 0],
      code: 'OR1655',
      message: `with workloadSelector ${printValue(only)} must be its own namespace, or .`,
    });
}
