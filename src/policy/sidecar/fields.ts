import type { FieldEffects } from '../field-effects.ts';

export const sidecarFields: FieldEffects = {
  implemented: ['workloadSelector.labels', 'egress[].hosts', 'outboundTrafficPolicy.mode'],
  notYet: {
    'egress[].port': 'its hosts are there on all of their ports',
    'egress[].bind': 'its hosts are called at their own addresses',
    'egress[].captureMode': 'traffic is captured as for the whole pod',
    ingress: 'the ports of the pod are those that Services name',
    inboundConnectionPool: 'the limits of inbound connections are those of DestinationRules',
    'outboundTrafficPolicy.egressProxy': 'unknown hosts are called at their own addresses',
  },
  ignored: [],
  values: [],
};
