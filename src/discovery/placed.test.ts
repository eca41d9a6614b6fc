import { expect, test } from 'vitest';
import { registryOf } from '../../test/mesh-fixture.ts';
import { placeOf } from './placed.ts';

const pod = (name: string, label: string, env: string) => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {app: a${label === '' ? '' : `, topology.istio.io/network: ${label}`}}}
spec: {containers: [{name: istio-proxy, env: [${env === '' ? '' : `{name: ISTIO_META_NETWORK, value: ${env}}`}]}]}
status: {podIP: 10.0.0.1}
---`;

test.each<readonly [string, string, string, string]>([
  ['the label', 'east', '', 'east'],
  ['the variable', '', 'west', 'west'],
  ['the variable before the label', 'east', 'west', 'west'],
  ['nothing', '', '', ''],
])('the network of a client: %s', (_, label, env, expected) => {
  const { snapshot } = registryOf(pod('one', label, env));
  const workload = snapshot.workloads.get('default/one');
  if (workload === undefined) throw new Error('the pod is not there');
  expect(placeOf(snapshot, workload).network).toBe(expected);
  // Endpoints go by the label.
  expect(workload.network).toBe(label);
});
