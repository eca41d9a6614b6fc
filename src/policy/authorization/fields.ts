import { type FieldEffects, isOneOf, under } from '../field-effects.ts';

const operation = ['hosts', 'notHosts', 'ports', 'notPorts', 'methods', 'notMethods', 'paths', 'notPaths'];
const source = [
  ...['principals', 'notPrincipals', 'namespaces', 'notNamespaces', 'serviceAccounts', 'notServiceAccounts'],
  ...['trustDomains', 'notTrustDomains', 'ipBlocks', 'notIpBlocks', 'remoteIpBlocks', 'notRemoteIpBlocks'],
];

const noToken = 'tokens are not read, so no request has one';
const noTarget = 'it is for the Gateway API, which is not there yet: the whole policy has no effect';

export const authorizationPolicyFields: FieldEffects = {
  implemented: [
    ...['selector.matchLabels', 'action'],
    ...under('rules[].from[].source', source),
    ...under('rules[].to[].operation', operation),
    ...under('rules[].when[]', ['key', 'values', 'notValues']),
  ],
  notYet: {
    targetRef: noTarget,
    targetRefs: noTarget,
    provider: 'nobody is asked',
    'rules[].from[].source.requestPrincipals': noToken,
    'rules[].from[].source.notRequestPrincipals': noToken,
  },
  ignored: [],
  values: [
    {
      path: 'action',
      isMeant: isOneOf('CUSTOM'),
      message: 'CUSTOM has not its effect yet: nobody is asked, and all that its rules fit is denied',
    },
    {
      path: 'rules[].when[].key',
      isMeant: (value) => String(value).startsWith('request.auth.'),
      message: `it cannot hold yet: ${noToken}`,
    },
    {
      path: 'rules[].when[].key',
      isMeant: (value) => String(value).startsWith('experimental.'),
      message:
        'what filters know cannot be asked for yet: a rule of ALLOW never fits, one of DENY fits without this condition',
    },
  ],
};
