import { isDeepStrictEqual } from 'node:util';
import { fieldOf, printOrigin } from '../../model/origin.ts';
import { resolveHost } from '../../policy/hosts.ts';
import { isVisible } from '../../policy/visibility.ts';
import { type ConfigOf, configsOf, subjects } from '../analysis-input.ts';
import type { Analyzer } from '../analyzer.ts';
import { finding } from '../finding.ts';
import { lookupIn } from '../mesh-lookup.ts';

type VirtualService = ConfigOf<'VirtualService'>;
type DestinationRule = ConfigOf<'DestinationRule'>;

/** Several VirtualServices for one host in sidecars: the lists are in order of age, and the oldest has the host. */
export const virtualServiceConflicts: Analyzer = {
  name: 'virtual-service.conflicts',
  description: 'VirtualServices for a host that an older one has already',
  codes: ['OR3030'],
  atAdmission: true,
  *analyze(input) {
    const { domainSuffix } = input.settings;
    const all = configsOf(input.snapshot, 'VirtualService').filter(holdsInMesh);
    const byHost = Map.groupBy(
      all.flatMap((config) => (config.spec.hosts ?? []).map((host, index) => ({ config, host, index }))),
      ({ config, host }) => resolveHost(host, config.namespace, domainSuffix),
    );
    for (const config of subjects(input, 'VirtualService').filter(holdsInMesh)) {
      for (const [index, host] of (config.spec.hosts ?? []).entries()) {
        const full = resolveHost(host, config.namespace, domainSuffix);
        const same = (byHost.get(full) ?? []).map((one) => one.config);
        const older = same.slice(0, same.indexOf(config)).find((other) => meet(other, config));
        if (older === undefined) continue;
        yield finding('OR3030', {
          origin: fieldOf(config.origin, `spec.hosts[${index}]`),
          message: `${full} is routed by the older ${printOrigin(older.origin)}: the rules of this one are not used for it in sidecars`,
        });
      }
    }
  },
};

/** One without rules hides nothing. */
function holdsInMesh({ spec }: VirtualService): boolean {
  const { gateways = [], http = [], tls = [], tcp = [] } = spec;
  return (gateways.length === 0 || gateways.includes('mesh')) && http.length + tls.length + tcp.length > 0;
}

/** Some client sees both: one of either's namespace, or, exported to all, any. */
function meet(left: VirtualService, right: VirtualService): boolean {
  const sees = (one: VirtualService, client: string) => isVisible(one.spec.exportTo ?? [], one.namespace, client);
  const named = [...(left.spec.exportTo ?? []), ...(right.spec.exportTo ?? [])].filter((name) => !/^[.*~]$/.test(name));
  return [left.namespace, right.namespace, ...named].some((client) => sees(left, client) && sees(right, client));
}

/** Several DestinationRules of one namespace for one host are merged: what an older one says stands. */
export const ruleConflicts: Analyzer = {
  name: 'destination-rule.conflicts',
  description: 'DestinationRules for a host of which an older one says other things',
  codes: ['OR3031'],
  atAdmission: true,
  *analyze(input) {
    const { domainSuffix } = lookupIn(input).settings;
    const keyOf = ({ namespace, spec }: DestinationRule) =>
      JSON.stringify([
        namespace,
        resolveHost(spec.host, namespace, domainSuffix),
        spec.exportTo,
        spec.workloadSelector,
      ]);
    const groups = Map.groupBy(configsOf(input.snapshot, 'DestinationRule'), keyOf);
    for (const config of subjects(input, 'DestinationRule')) {
      const group = groups.get(keyOf(config)) ?? [];
      const older = group.slice(0, group.indexOf(config));
      const twice = (config.spec.subsets ?? []).findIndex(({ name, ...rest }) =>
        older.some(({ spec }) =>
          (spec.subsets ?? []).some(({ name: other, ...own }) => other === name && !isDeepStrictEqual(own, rest)),
        ),
      );
      const first = older.find(({ spec }) => spec.trafficPolicy !== undefined);
      const policy = config.spec.trafficPolicy;
      const differs =
        first !== undefined && policy !== undefined && !isDeepStrictEqual(first.spec.trafficPolicy, policy);
      if (differs)
        yield finding('OR3031', {
          origin: fieldOf(config.origin, 'spec.trafficPolicy'),
          message: `the policy of the older ${printOrigin(first.origin)} is used in its place`,
        });
      if (twice >= 0)
        yield finding('OR3031', {
          origin: fieldOf(config.origin, `spec.subsets[${twice}]`),
          message: `an older DestinationRule has another subset ${config.spec.subsets?.[twice]?.name}, which is used in its place`,
        });
    }
  },
};
