import { type FieldEffects, under } from '../field-effects.ts';

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

const noTarget = 'it is for the Gateway API, which is not there yet: the whole policy has no effect';

export const authorizationPolicyFields: FieldEffects = {
  implemented: [
    ...['selector.matchLabels', 'action', 'provider.name'],
    ...under('rules[].from[].source', source),
    ...under('rules[].to[].operation', operation),
    ...under('rules[].when[]', ['key', 'values', 'notValues']),
  ],
  notYet: {
    targetRef: noTarget,
    targetRefs: noTarget,
  },
  ignored: [],
  values: [
    {
      path: 'rules[].when[].key',
      isMeant: (value) => /^experimental\.[^[]*(\[\])?$/.test(String(value)),
      message:
        'it names no key, like experimental.envoy.filters.a[key]: a rule of ALLOW never fits, one of DENY fits without this condition',
    },
  ],
};
