/** What a policy is attached to: https://istio.io/latest/docs/reference/config/type/workload-selector/#PolicyTargetReference */
interface TargetRef {
  readonly group?: string;
  readonly kind: string;
  readonly name: string;
}

interface Attachable {
  readonly targetRef?: TargetRef;
  readonly targetRefs?: readonly TargetRef[];
}

const gatewayGroup = 'gateway.networking.k8s.io';
/** On the pods of a Gateway: https://gateway-api.sigs.k8s.io/geps/gep-1762/ */
const gatewayLabel = 'gateway.networking.k8s.io/gateway-name';

function targetsOf({ targetRef, targetRefs = [] }: Attachable): readonly TargetRef[] {
  return [...(targetRef === undefined ? [] : [targetRef]), ...targetRefs];
}

/** Such a policy is for its targets alone: its selector, which it may not have, is not asked. */
export function isAttached(spec: Attachable): boolean {
  return targetsOf(spec).length > 0;
}

/**
 * Whether a workload of the policy's own namespace is a pod of one of its Gateways, by the label that such pods have. What is
 * attached to anything else is for waypoints, of which there are none.
 */
export function isTarget(spec: Attachable, labels: Readonly<Record<string, string>>): boolean {
  const name = labels[gatewayLabel];
  return targetsOf(spec).some((ref) => ref.group === gatewayGroup && ref.kind === 'Gateway' && ref.name === name);
}

/** The Gateways that a policy is attached to, each by its field and the labels of its pods. */
export function gatewayTargets({ targetRef, targetRefs = [] }: Attachable) {
  const refs = [
    ...(targetRef === undefined ? [] : [{ field: 'spec.targetRef', ref: targetRef }]),
    ...targetRefs.map((ref, index) => ({ field: `spec.targetRefs[${index}]`, ref })),
  ];
  return refs
    .filter(({ ref }) => ref.group === gatewayGroup && ref.kind === 'Gateway')
    .map(({ field, ref }) => ({ field, labels: { [gatewayLabel]: ref.name } }));
}

/** Fields of a policy with targets, for its `fields.ts`. */
export const targetFields = {
  implemented: ['targetRef', 'targetRefs[]'].flatMap((ref) =>
    ['group', 'kind', 'name'].map((field) => `${ref}.${field}`),
  ),
  /** Validation refuses it. */
  ignored: ['targetRef.namespace', 'targetRefs[].namespace'],
  values: ['targetRef.kind', 'targetRefs[].kind'].map((path) => ({
    path,
    isMeant: (value: unknown) => value !== 'Gateway',
    message: 'only pods of a Gateway are found by a target, and there are no waypoints: the target has no effect',
  })),
} as const;
