import { type FieldEffects, isOneOf, under } from '../field-effects.ts';
import { targetFields } from '../targets.ts';

const left = 'the patch is left out';
const patches = 'configPatches[]';

export const envoyFilterFields: FieldEffects = {
  implemented: [
    ...targetFields.implemented,
    'workloadSelector.labels',
    'priority',
    ...under(patches, ['applyTo', 'patch.operation', 'patch.value', 'match.context']),
    ...under(`${patches}.match.listener`, ['name', 'portNumber', 'listenerFilter']),
    ...under(`${patches}.match.listener.filterChain`, ['name', 'sni', 'transportProtocol', 'applicationProtocols']),
    ...under(`${patches}.match.listener.filterChain`, ['destinationPort', 'filter.name', 'filter.subFilter.name']),
    ...under(`${patches}.match.routeConfiguration`, ['name', 'portNumber', 'portName', 'gateway']),
    ...under(`${patches}.match.routeConfiguration.vhost`, ['name', 'domainName']),
    ...under(`${patches}.match.routeConfiguration.vhost.route`, ['name', 'action']),
    ...under(`${patches}.match.cluster`, ['name', 'service', 'subset', 'portNumber']),
  ],
  notYet: {
    [`${patches}.match.proxy.proxyVersion`]: `versions of Istio's proxy are not ours: ${left}`,
    [`${patches}.match.proxy.metadata`]: `metadata of proxies is not compared: ${left}`,
    [`${patches}.patch.filterClass`]: 'the filter stands where the operation says',
  },
  ignored: [...targetFields.ignored],
  values: [
    ...targetFields.values,
    {
      path: `${patches}.applyTo`,
      isMeant: isOneOf('EXTENSION_CONFIG', 'BOOTSTRAP'),
      message: `it cannot be patched yet: ${left}`,
    },
  ],
};
