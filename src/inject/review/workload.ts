import type { OwnerReference, Pod } from '../../model/pod.ts';

/** The workload that a pod belongs to, as Istio names it (pkg/kube/util.go, GetDeployMetaFromPod). */
export interface Workload {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

/**
 * | controller | name | workload |
 * |---|---|---|
 * | ReplicaSet | ends in the pod's `pod-template-hash` | Deployment |
 * | ReplicaSet | ends in `rollouts-pod-template-hash` | Argo Rollout |
 * | ReplicationController | pod label `deploymentconfig` | DeploymentConfig |
 * | Job | `<name>-<8 to 10 digits>` | CronJob |
 * | any other | | itself |
 * | none, or no generateName | | the Pod |
 */
export function findWorkload(pod: Pod): Workload {
  const { metadata } = pod;
  const controller = metadata.ownerReferences?.find((reference) => reference.controller === true);
  if (metadata.generateName !== undefined && metadata.generateName !== '' && controller !== undefined) {
    return fromController(controller, metadata.labels ?? {});
  }
  const name = metadata.name ?? metadata.generateName?.replace(/-+$/, '') ?? '';
  return { apiVersion: 'v1', kind: 'Pod', name };
}

function fromController(controller: OwnerReference, labels: Readonly<Record<string, string>>): Workload {
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
 * The canonical service of a workload: explicit label, then the recommended and the customary ones, then
 * the workload's name. At most 63 characters, since it becomes a label.
 */
export function canonicalName(labels: Readonly<Record<string, string>>, workload: Workload): string {
  const name =
    labels['service.istio.io/canonical-name'] || labels['app.kubernetes.io/name'] || labels['app'] || workload.name;
  return name.length <= 63 ? name : name.slice(0, 63).replace(/[-_.]+$/, '');
}

export function canonicalRevision(labels: Readonly<Record<string, string>>): string {
  return (
    labels['service.istio.io/canonical-revision'] ||
    labels['app.kubernetes.io/version'] ||
    labels['version'] ||
    'latest'
  );
}
