import { listOf, message, text } from '../build.ts';
import { exportTo } from '../common/export-to.ts';
import { reportTwice } from '../common/findings.ts';
import { checkDnsLabel, checkWildcardHost } from '../common/host-name.ts';
import { labels, WorkloadSelector } from '../common/label.ts';
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
