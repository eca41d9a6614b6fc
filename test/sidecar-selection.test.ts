import { expect, test } from 'vitest';
import { app } from './gateway-fixture.ts';
import { registryOf, sidecarConfigs, workloadOf } from './mesh-fixture.ts';

const sidecar = `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: own}
spec: {workloadSelector: {labels: {app: a}}, egress: [{hosts: ["./b.default.svc.cluster.local"]}]}
---
`;

test('a Sidecar holds for the pods that it selects, by labels that no other resource looks at', () => {
  const { snapshot } = registryOf(app('a', '10.0.0.1'), app('b', '10.0.0.2'), app('c', '10.0.0.3'), sidecar);
  const configs = sidecarConfigs();
  const seenBy = (pod: string) => {
    const workload = workloadOf(snapshot, `default/${pod}-1`);
    const { view } = configs.find({ snapshot, workload, delta: true, before: undefined }).parts;
    return view.ports.map(({ service }) => service.name);
  };
  expect(seenBy('a')).toEqual(['b']);
  expect(seenBy('b')).toEqual(['a', 'b', 'c']);
});
