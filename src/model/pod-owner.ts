import type { OwnerReference } from './pod.ts';

type Labels = Readonly<Record<string, string>>;

/** What made a pod, as Istio names it (pkg/kube/util.go, GetDeployMetaFromPod). */
export interface PodOwner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

/**
 * | controller | name | owner |
 * |---|---|---|
 * | ReplicaSet | ends in the pod's `pod-template-hash` | Deployment |
 * | ReplicaSet | ends in `rollouts-pod-template-hash` | Argo Rollout |
 * | ReplicationController | pod label `deploymentconfig` | DeploymentConfig |
 * | Job | `<name>-<8 to 10 digits>` | CronJob |
 * | any other | | itself |
 */
export function ownerBehind(
  controller: Pick<OwnerReference, 'apiVersion' | 'kind' | 'name'>,
  labels: Labels,
): PodOwner {
  const { apiVersion, kind, name } = controller;
  if (kind === 'ReplicaSet') {
    const deployment = withoutHash(name, labels['pod-template-hash']);
    if (deployment !== undefined) return { apiVersion, kind: 'Deployment', name: deployment };
    const rollout = withoutHash(name, labels['rollouts-pod-template-hash']);
    if (rollout !== undefined) return { apiVersion: 'v1alpha1', kind: 'Rollout', name: rollout };
  }
  if (kind === 'ReplicationController' && labels['deploymentconfig']) {
    return { apiVersion: 'apps.openshift.io/v1', kind: 'DeploymentConfig', name: labels['deploymentconfig'] };
  }
  if (kind === 'Job') {
    const scheduled = /^(.+)-[0-9]{8,10}$/.exec(name)?.[1];
    if (scheduled !== undefined) return { apiVersion: 'batch/v1', kind: 'CronJob', name: scheduled };
  }
  return { apiVersion, kind, name };
}

function withoutHash(name: string, hash: string | undefined): string | undefined {
  if (hash === undefined || hash === '' || !name.endsWith(`-${hash}`)) return undefined;
  return name.slice(0, -hash.length - 1);
}

/**
 * The service that telemetry counts a workload to: explicit label, then the recommended and the customary ones, then
 * the workload's name. At most 63 characters, since it becomes a label.
 */
export function canonicalService(labels: Labels, workloadName: string): string {
  const name =
    labels['service.istio.io/canonical-name'] || labels['app.kubernetes.io/name'] || labels['app'] || workloadName;
  return name.length <= 63 ? name : name.slice(0, 63).replace(/[-_.]+$/, '');
}

export function canonicalRevision(labels: Labels): string {
  return (
    labels['service.istio.io/canonical-revision'] ||
    labels['app.kubernetes.io/version'] ||
    labels['version'] ||
    'latest'
  );
}
