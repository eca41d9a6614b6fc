import type { JsonObject } from '../model/json.ts';
import { objectsAt, textAt } from './json-fields.ts';

type Labels = Readonly<Record<string, string>>;

/**
 * The name of what a pod belongs to, as the injector writes it into the proxy (inject/review/workload.ts):
 *
 * | controller | name | workload |
 * |---|---|---|
 * | ReplicaSet | ends in the pod's template hash | Deployment or Rollout |
 * | ReplicationController | pod label `deploymentconfig` | DeploymentConfig |
 * | Job | `<name>-<8 to 10 digits>` | CronJob |
 * | any other | | itself |
 * | none, or a Node (static pods) | | the Pod |
 */
export function workloadNameOf(pod: JsonObject, labels: Labels): string {
  const owner = objectsAt(pod, 'metadata', 'ownerReferences').find((reference) => reference.controller === true);
  const kind = textAt(owner, 'kind');
  const name = textAt(owner, 'name');
  if (name === '' || kind === 'Node') return textAt(pod, 'metadata', 'name');
  if (kind === 'ReplicaSet') {
    const hashes = [labels['pod-template-hash'], labels['rollouts-pod-template-hash']];
    const hash = hashes.find((value) => value !== undefined && value !== '' && name.endsWith(`-${value}`));
    return hash === undefined ? name : name.slice(0, -hash.length - 1);
  }
  if (kind === 'ReplicationController') return labels.deploymentconfig || name;
  if (kind === 'Job') return /^(.+)-[0-9]{8,10}$/.exec(name)?.[1] ?? name;
  return name;
}

/** The service that telemetry counts a workload to. A label value has 63 characters at most. */
export function canonicalServiceOf(labels: Labels, workloadName: string): string {
  const name =
    labels['service.istio.io/canonical-name'] || labels['app.kubernetes.io/name'] || labels.app || workloadName;
  return name.length <= 63 ? name : name.slice(0, 63).replace(/[-_.]+$/, '');
}

export function canonicalRevisionOf(labels: Labels): string {
  return (
    labels['service.istio.io/canonical-revision'] || labels['app.kubernetes.io/version'] || labels.version || 'latest'
  );
}
