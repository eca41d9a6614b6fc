import { mapOf, message, text } from '../build.ts';
import { labels } from '../common/label.ts';
import type { WorkloadEntry as Template } from '../common/workload-entry.ts';
import { WorkloadEntry } from '../common/workload-entry.ts';
import type { Report } from '../problem.ts';
import { ReadinessProbe } from './readiness-probe.ts';

const { check: _address, properties, ...keywords } = WorkloadEntry as typeof WorkloadEntry & { check?: unknown };

/** As an entry, but for the address, which is that of the machine. */
const EntryTemplate: typeof WorkloadEntry = {
  ...keywords,
  properties,
  description: 'What its entries are made from.',
  check: ({ address }: Template, report: Report) => {
    if (address !== undefined)
      report({
        at: ['address'],
        severity: 'warning',
        code: 'OR1655',
        message: 'it has no effect: each machine has its own',
      });
  },
} as typeof WorkloadEntry;

const ObjectMeta = message(
  { labels: labels('Labels of its entries.'), annotations: mapOf(text('The value.'), 'Annotations of its entries.') },
  { description: 'Metadata of its entries.' },
);

export const WorkloadGroupSpec = message(
  { metadata: ObjectMeta, probe: ReadinessProbe },
  { description: 'Machines that are alike.', needs: { template: EntryTemplate } },
);
