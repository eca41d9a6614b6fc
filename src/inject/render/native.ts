import type { NodeFacts } from '../../model/pod.ts';
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
  return nodesSupportNative(request);
}

/** All that injection reads of the nodes. A source gives the same list until a node changes. */
export function nodesSupportNative(request: InjectRequest): boolean {
  const { nodes } = request;
  const node = request.pod.spec.nodeName;
  if (node) return supportAll(nodes.filter((one) => one.name === node));
  const known = answers.get(nodes);
  if (known !== undefined) return known;
  const answer = supportAll(nodes);
  answers.set(nodes, answer);
  return answer;
}

const answers = new WeakMap<readonly NodeFacts[], boolean>();

function supportAll(nodes: readonly NodeFacts[]): boolean {
  return nodes.every((one) => supportsNativeSidecars(one.kubeletVersion));
}

function supportsNativeSidecars(kubeletVersion: string): boolean {
  const match = /^v?([0-9]+)\.([0-9]+)/.exec(kubeletVersion);
  if (match === null) return false;
  const major = Number(match[1]);
  return major > 1 || (major === 1 && Number(match[2]) >= 33);
}
