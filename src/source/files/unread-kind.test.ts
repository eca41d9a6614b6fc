import { describe, expect, test } from 'vitest';
import { parseObjects } from './parse-objects.ts';
import { unreadKind } from './unread-kind.ts';

function told(apiVersion: string, kind: string): string | undefined {
  const [object] = parseObjects(`apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: a}\n`, 'a.yaml').objects;
  return object === undefined ? 'no object' : unreadKind(object)?.message;
}

describe('kinds that nothing reads', () => {
  test.each([
    ['extensions.istio.io/v1alpha1', 'WasmPlugin'],
    ['gateway.networking.k8s.io/v1', 'BackendTLSPolicy'],
    ['policy.linkerd.io/v1beta3', 'Server'],
    ['access.smi-spec.io/v1alpha3', 'TrafficTarget'],
  ])('%s %s has no effect yet', (apiVersion, kind) => {
    expect(told(apiVersion, kind)).toBe(`OR2407 a.yaml:2:7: ${kind} has no effect yet`);
  });

  test.each([
    ['networking.istio.io/v1', 'VirtualSrvice', /^OR1640 a.yaml:2:7: .*did you mean VirtualService\?/],
    ['networking.istio.io/v9', 'VirtualService', /^OR1640 a.yaml:1:13: .*it is in networking\.istio\.io\/v1/],
    ['security.istio.io/v1', 'VirtualService', /^OR1640 a.yaml:1:13: .*it is in networking\.istio\.io\/v1/],
    ['networking.isto.io/v1', 'VirtualService', /^OR1640 .*it is in networking\.istio\.io\/v1/],
    ['networking.istio.io/v1', 'Whatever', /^OR1640 .*is not known/],
    ['v1', 'Servce', /^OR1640 .*did you mean Service\?/],
    ['apps/v1beta1', 'Deployment', /^OR1640 .*it is in apps\/v1/],
  ])('%s %s is not known', (apiVersion, kind, message) => {
    expect(told(apiVersion, kind)).toMatch(message);
  });

  test.each([
    ['networking.istio.io/v1', 'VirtualService'],
    ['v1', 'Service'],
    ['v1', 'PersistentVolumeClaim'],
    ['v1', 'Endpoints'],
    ['batch/v1', 'CronJob'],
    ['networking.k8s.io/v1', 'Ingress'],
    ['networking.k8s.io/v1', 'NetworkPolicy'],
    ['rbac.authorization.k8s.io/v1', 'Role'],
    ['serving.knative.dev/v1', 'Service'],
    ['policy/v1', 'PodDisruptionBudget'],
    ['autoscaling/v2', 'HorizontalPodAutoscaler'],
    ['example.com/v1', 'Gateway'],
  ])('%s %s lies there rightly', (apiVersion, kind) => {
    expect(told(apiVersion, kind)).toBeUndefined();
  });
});
