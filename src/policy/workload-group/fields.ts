import { type FieldEffects, under } from '../field-effects.ts';

const connected = 'the entry is there as long as the proxy of the machine is connected';

export const workloadGroupFields: FieldEffects = {
  implemented: [
    ...under('metadata', ['labels', 'annotations']),
    ...under('template', ['labels', 'locality', 'network', 'ports', 'serviceAccount', 'weight']),
    ...under('probe', [
      'initialDelaySeconds',
      'timeoutSeconds',
      'periodSeconds',
      'successThreshold',
      'failureThreshold',
    ]),
    ...under('probe.httpGet', ['host', 'path', 'port', 'scheme', 'httpHeaders[].name', 'httpHeaders[].value']),
    ...under('probe.tcpSocket', ['host', 'port']),
  ],
  notYet: {
    'probe.exec': `a stock Envoy runs no command: ${connected}`,
    'probe.grpc': `a stock Envoy probes by HTTP and TCP for its control plane: ${connected}`,
  },
  /** Validation says so: each machine has its own. */
  ignored: ['template.address'],
  values: [],
};
