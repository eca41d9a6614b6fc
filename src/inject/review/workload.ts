import type { Pod } from '../../model/pod.ts';
import { ownerBehind, type PodOwner } from '../../model/pod-owner.ts';

/** The workload that a pod belongs to. */
export type Workload = PodOwner;

/** A pod without `generateName`, or without a controller, is a workload of its own. */
export function findWorkload(pod: Pod): Workload {
  const { metadata } = pod;
  const controller = metadata.ownerReferences?.find((reference) => reference.controller === true);
  if (metadata.generateName !== undefined && metadata.generateName !== '' && controller !== undefined) {
    return ownerBehind(controller, metadata.labels ?? {});
  }
  const name = metadata.name ?? metadata.generateName?.replace(/-+$/, '') ?? '';
  return { apiVersion: 'v1', kind: 'Pod', name };
}
