import { isObject, type JsonObject } from '../../model/json.ts';
import type { Container, Pod } from '../../model/pod.ts';

const tokenPath = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The API server mounts the service account's token into every container. It would do so to ours after us, and
 * then call every webhook once more: taking the mount of the app's containers saves the second call.
 */
export function tokenMount(pod: Pod): JsonObject | undefined {
  for (const container of pod.spec.containers) {
    if (container.name === 'istio-proxy' || !Array.isArray(container['volumeMounts'])) continue;
    const found = container['volumeMounts'].filter(isObject).find((mount) => mount['mountPath'] === tokenPath);
    if (found !== undefined && /^kube-api-access-/.test(String(found['name']))) return found;
  }
  return undefined;
}

export function withMount(container: Container, mount: JsonObject | undefined): Container {
  const mounts = Array.isArray(container['volumeMounts']) ? container['volumeMounts'] : [];
  const present = mounts.filter(isObject).some((one) => one['mountPath'] === mount?.['mountPath']);
  return mount === undefined || present ? container : { ...container, volumeMounts: [...mounts, mount] };
}
