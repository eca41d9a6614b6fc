import type { InjectRequest } from '../review/request.ts';
import type { InjectionSettings } from '../review/settings.ts';

const annotation = 'sidecar.istio.io/nativeSidecar';

/**
 * Whether the sidecar becomes a native one (an init container with `restartPolicy: Always`): the pod's
 * word, else the mesh's, else whether every node that the pod may get to has a kubelet of 1.33 or newer.
 */
export function wantsNativeSidecar(request: InjectRequest, settings: InjectionSettings): boolean {
  const annotations = request.pod.metadata.annotations ?? {};
  if (Object.hasOwn(annotations, annotation)) return annotations[annotation] !== 'false';
  if (settings.nativeSidecars !== 'auto') return settings.nativeSidecars === 'true';
  const node = request.pod.spec.nodeName;
  const nodes = node ? request.nodes.filter((one) => one.name === node) : request.nodes;
  return nodes.every((one) => supportsNativeSidecars(one.kubeletVersion));
}

function supportsNativeSidecars(kubeletVersion: string): boolean {
  const match = /^v?([0-9]+)\.([0-9]+)/.exec(kubeletVersion);
  if (match === null) return false;
  const major = Number(match[1]);
  return major > 1 || (major === 1 && Number(match[2]) >= 33);
}
