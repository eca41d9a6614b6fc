import { type FieldEffects, isOneOf, under } from '../field-effects.ts';

const noTarget = 'it is for the Gateway API, which is not there yet: the whole resource has no effect';
const left = 'the patch is left out';
const patches = 'configPatches[]';

export const envoyFilterFields: FieldEffects = {
  implemented: [
    'workloadSelector.labels',
    'priority',
    ...under(patches, ['applyTo', 'patch.operation', 'patch.value', 'match.context']),
    ...under(`${patches}.match.listener`, ['name', 'portNumber']),
    ...under(`${patches}.match.listener.filterChain`, ['name', 'sni', 'transportProtocol', 'applicationProtocols']),
    ...under(`${patches}.match.listener.filterChain`, ['destinationPort', 'filter.name', 'filter.subFilter.name']),
    ...under(`${patches}.match.routeConfiguration`, ['name', 'portNumber', 'vhost.name', 'vhost.domainName']),
    ...under(`${patches}.match.routeConfiguration.vhost.route`, ['name', 'action']),
    ...under(`${patches}.match.cluster`, ['name', 'service', 'subset', 'portNumber']),
  ],
  notYet: {
    targetRef: noTarget,
    targetRefs: noTarget,
    [`${patches}.match.proxy.proxyVersion`]: `versions of Istio's proxy are not ours: ${left}`,
    [`${patches}.match.proxy.metadata`]: `metadata of proxies is not compared: ${left}`,
    [`${patches}.match.listener.listenerFilter`]: left,
    [`${patches}.match.routeConfiguration.portName`]: left,
    [`${patches}.match.routeConfiguration.gateway`]: left,
    [`${patches}.patch.filterClass`]: 'the filter stands where the operation says',
  },
  ignored: [],
  values: [
    {
      path: `${patches}.applyTo`,
      isMeant: isOneOf('LISTENER_FILTER', 'EXTENSION_CONFIG', 'BOOTSTRAP'),
      message: `it cannot be patched yet: ${left}`,
    },
  ],
};
