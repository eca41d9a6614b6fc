import { type FieldEffects, under } from '../field-effects.ts';
import { targetFields } from '../targets.ts';

const operation = ['hosts', 'notHosts', 'ports', 'notPorts', 'methods', 'notMethods', 'paths', 'notPaths'];
const source = [
  ...[
    'principals',
    'notPrincipals',
    'requestPrincipals',
    'notRequestPrincipals',
    'namespaces',
    'notNamespaces',
    'serviceAccounts',
    'notServiceAccounts',
  ],
  ...['trustDomains', 'notTrustDomains', 'ipBlocks', 'notIpBlocks', 'remoteIpBlocks', 'notRemoteIpBlocks'],
];

export const authorizationPolicyFields: FieldEffects = {
  implemented: [
    ...targetFields.implemented,
    ...['selector.matchLabels', 'action', 'provider.name'],
    ...under('rules[].from[].source', source),
    ...under('rules[].to[].operation', operation),
    ...under('rules[].when[]', ['key', 'values', 'notValues']),
  ],
  notYet: {},
  ignored: [...targetFields.ignored],
  values: [
    ...targetFields.values,
    {
      path: 'rules[].when[].key',
      isMeant: (value) => /^experimental\.[^[]*(\[\])?$/.test(String(value)),
      message:
        'it names no key, like experimental.envoy.filters.a[key]: a rule of ALLOW never fits, one of DENY fits without this condition',
    },
  ],
};
