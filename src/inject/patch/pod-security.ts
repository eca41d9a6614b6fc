import { isObject } from '../../model/json.ts';
import type { NamespaceFacts, Pod } from '../../model/pod.ts';

const enforceLabel = 'pod-security.kubernetes.io/enforce';

/**
 * Pod Security Admission looks at the pod after all webhooks: in a namespace that enforces `baseline` or
 * `restricted` it refuses istio-init, whose two capabilities neither level allows
 * (https://kubernetes.io/docs/concepts/security/pod-security-standards/).
 */
export function podSecurityWarnings(pod: Pod, namespace: NamespaceFacts): string[] {
  const level = namespace.labels[enforceLabel];
  if (level !== 'baseline' && level !== 'restricted') return [];
  const all = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  const own = all.filter((container) => ['istio-init', 'istio-proxy'].includes(container.name));
  const offenders = own.filter(
    (one) => addsNetworkCapability(one.securityContext) || (level === 'restricted' && isRoot(one.securityContext)),
  );
  if (offenders.length === 0) return [];
  const names = offenders.map((container) => container.name).join(' and ');
  return [
    `Namespace ${namespace.name} enforces Pod Security "${level}" and will refuse this pod: ${names} needs NET_ADMIN or root. Label the namespace ${enforceLabel}=privileged, or leave the pod out of the mesh.`,
  ];
}

function isRoot(securityContext: unknown): boolean {
  return isObject(securityContext) && (securityContext['runAsUser'] === 0 || securityContext['runAsNonRoot'] === false);
}

function addsNetworkCapability(securityContext: unknown): boolean {
  const capabilities = isObject(securityContext) ? securityContext['capabilities'] : undefined;
  const added = isObject(capabilities) ? capabilities['add'] : undefined;
  return Array.isArray(added) && added.some((one) => one === 'NET_ADMIN' || one === 'NET_RAW');
}
