import type { Static } from 'typebox';
import { listOf, mapOf, message, port, text, whole } from '../build.ts';
import { type Check, printValue } from '../problem.ts';
import { isAddress } from './address.ts';
import { isSocketPath } from './endpoint-address.ts';
import { warnOfEmpty } from './findings.ts';
import { isHostName } from './host-name.ts';
import { labels } from './label.ts';

const checkEndpoint: Check<string> = (value, report) => {
  if (!isAddress(value) && !isHostName(value) && !isSocketPath(value))
    report({ code: 'OR1650', message: `${printValue(value)} must be an IP address, a host name or unix:///path` });
};

export const WorkloadEntry = message(
  {
    address: text('IP address, host name or unix:///path.', checkEndpoint),
    ports: mapOf(port('The port.'), 'Ports of the endpoint, by the names of the ports of the service.'),
    labels: labels('Its labels.'),
    network: text('The network that it is in.'),
    locality: text('Where it is: region/zone/subzone.'),
    weight: whole('Share of the requests, relative to the other endpoints.'),
    serviceAccount: text('Service account of the workload.'),
  },
  {
    description: 'An endpoint outside of Kubernetes.',
    check: (entry, report) => {
      if (entry.address === undefined && entry.network === undefined)
        report({ at: ['address'], code: 'OR1642', message: 'the field address must be given' });
      if (entry.address !== undefined && isSocketPath(entry.address) && Object.keys(entry.ports ?? {}).length > 0)
        report({ at: ['ports'], code: 'OR1645', message: 'a socket has no ports' });
    },
  },
);

export const WorkloadEntries = listOf(WorkloadEntry, 'Its endpoints.');

/** The selector of the networking API. */
export const LabelsSelector = message(
  { labels: labels('Labels that a workload must have, all of them.') },
  {
    description: 'Which workloads of the namespace.',
    check: ({ labels: given }, report) => warnOfEmpty(given, report),
  },
);

export type WorkloadEntry = Static<typeof WorkloadEntry>;
