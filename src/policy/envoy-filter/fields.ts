import { type FieldEffects, under } from '../field-effects.ts';
import { targetFields } from '../targets.ts';
import { asksTheAgent } from './proxy-metadata.ts';

const left = 'the patch is left out';
const patches = 'configPatches[]';

export const envoyFilterFields: FieldEffects = {
  implemented: [
    ...targetFields.implemented,
    'workloadSelector.labels',
    'priority',
    ...under(patches, ['applyTo', 'patch.operation', 'patch.value', 'patch.filterClass', 'match.context']),
    ...under(`${patches}.match.proxy`, ['proxyVersion', 'metadata']),
    ...under(`${patches}.match.listener`, ['name', 'portNumber', 'listenerFilter']),
    ...under(`${patches}.match.listener.filterChain`, ['name', 'sni', 'transportProtocol', 'applicationProtocols']),
    ...under(`${patches}.match.listener.filterChain`, ['destinationPort', 'filter.name', 'filter.subFilter.name']),
    ...under(`${patches}.match.routeConfiguration`, ['name', 'portNumber', 'portName', 'gateway']),
    ...under(`${patches}.match.routeConfiguration.vhost`, ['name', 'domainName']),
    ...under(`${patches}.match.routeConfiguration.vhost.route`, ['name', 'action']),
    ...under(`${patches}.match.cluster`, ['name', 'service', 'subset', 'portNumber']),
  ],
  notYet: {},
  ignored: [...targetFields.ignored],
  values: [
    ...targetFields.values,
    {
      path: `${patches}.applyTo`,
      isMeant: (value, _, { patch }) =>
        value === 'BOOTSTRAP' && (patch as { operation?: unknown } | undefined)?.operation !== 'MERGE',
      message: `a bootstrap is merged with, and nothing else, as in Istio (MERGE): ${left}`,
    },
    {
      path: `${patches}.patch.filterClass`,
      isMeant: (value, _, { operation }) => value !== 'UNSPECIFIED' && operation !== 'ADD',
      message: 'it holds for ADD alone: the filter stands where the operation says',
    },
    {
      path: `${patches}.match.proxy.metadata`,
      isMeant: asksTheAgent,
      message: `a key of it is only said by Istio's agent, which is not there, or is no text: ${left}`,
    },
  ],
};
