import { fieldOf } from '../../model/origin.ts';
import { resolveHost } from '../../policy/hosts.ts';
import { subjects } from '../analysis-input.ts';
import type { Analyzer } from '../analyzer.ts';
import { finding } from '../finding.ts';
import { lookupIn, namespaceOf, serviceFor } from '../mesh-lookup.ts';

/** Hosts of DestinationRules. A rule for a wildcard is for whatever comes. */
export const ruleHosts: Analyzer = {
  name: 'destination-rule.host',
  description: 'Hosts that DestinationRules are for',
  codes: ['OR3002'],
  atAdmission: true,
  *analyze(input) {
    const lookup = lookupIn(input);
    for (const { spec, namespace, origin } of subjects(input, 'DestinationRule')) {
      const host = resolveHost(spec.host, namespace, lookup.settings.domainSuffix);
      if (host.startsWith('*') || serviceFor(lookup, host, namespace) !== undefined) continue;
      if (!input.knows('Service', namespaceOf(host, lookup) ?? namespace)) continue;
      yield finding('OR3002', {
        origin: fieldOf(origin, 'spec.host'),
        message: `there is no host ${host} that ${namespace} sees`,
      });
    }
  },
};
