import { expect, test } from 'vitest';
import { pruneConfig, prunePod } from './prune-objects.ts';

test('of a pod, what its proxy is told to say of itself is kept', () => {
  const network = { name: 'ISTIO_META_NETWORK', value: 'east' };
  const node = { name: 'ISTIO_META_NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } };
  const env = [network, node, { name: 'SECRET', value: 'x' }];
  const spec = {
    containers: [{ name: 'app', image: 'app', env, ports: [{ containerPort: 80 }] }],
    initContainers: [{ name: 'istio-proxy', image: 'proxy', env }],
  };
  expect(prunePod({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec }).spec).toEqual({
    containers: [{ name: 'app', ports: [{ containerPort: 80 }] }],
    initContainers: [{ name: 'istio-proxy', env: [network] }],
  });
});

test('of the entry of a machine, when its proxy was seen is kept: by that others know who renews it', () => {
  const annotations = { 'istio.io/autoRegistrationGroup': 'ledger', 'proxy.outrigger.io/seen-at': 'now' };
  const entry = { apiVersion: 'networking.istio.io/v1', kind: 'WorkloadEntry', metadata: { name: 'm', annotations } };
  expect(pruneConfig({ ...entry, spec: {} }).metadata).toEqual({ name: 'm', annotations });
});
