import type { JsonObject } from '../model/json.ts';
import type { InstallCluster } from './cluster.ts';
import { listAt, textAt } from './fields.ts';
import { collectionPath } from './object-path.ts';

export interface ReplicaVersion {
  readonly pod: string;
  readonly revision: string;
  readonly version: string;
}

export interface ProxyVersion {
  /** `productpage-v1-abc.default` */
  readonly id: string;
  readonly version: string;
}

export interface MeshVersions {
  readonly controlPlane: readonly ReplicaVersion[];
  readonly proxies: readonly ProxyVersion[];
}

/** By the images that pods run: whoever may list pods may know. Throws OR1630, OR2503. */
export async function meshVersions(cluster: InstallCluster, namespace: string): Promise<MeshVersions> {
  const [own, all] = await Promise.all([
    cluster.list(collectionPath('Pod', namespace), { labelSelector: 'app=outrigger' }),
    cluster.list(collectionPath('Pod')),
  ]);
  return { controlPlane: own.filter(lives).map(replicaOf), proxies: all.filter(lives).flatMap(proxyOf) };
}

function lives(pod: JsonObject): boolean {
  return !['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase'));
}

function replicaOf(pod: JsonObject): ReplicaVersion {
  return {
    pod: textAt(pod, 'metadata', 'name'),
    revision: textAt(pod, 'metadata', 'labels', 'outrigger.io/rev'),
    version: tagOf(imageOf(pod, 'outrigger') ?? ''),
  };
}

function proxyOf(pod: JsonObject): ProxyVersion[] {
  const image = imageOf(pod, 'istio-proxy');
  if (image === undefined || textAt(pod, 'metadata', 'annotations', 'sidecar.istio.io/status') === '') return [];
  return [{ id: `${textAt(pod, 'metadata', 'name')}.${textAt(pod, 'metadata', 'namespace')}`, version: tagOf(image) }];
}

function imageOf(pod: JsonObject, name: string): string | undefined {
  const containers = [...listAt(pod, 'spec', 'containers'), ...listAt(pod, 'spec', 'initContainers')];
  const found = containers.find((container) => textAt(container, 'name') === name);
  return found === undefined ? undefined : textAt(found, 'image');
}

/** `registry:5000/outrigger/proxy:0.1.0@sha256:…` → 0.1.0; without a tag `latest`, as runtimes take it. */
export function tagOf(image: string): string {
  const [name = '', digest] = image.split('@');
  const tag = /:([^:/]+)$/.exec(name)?.[1];
  return tag ?? digest?.slice(0, 19) ?? 'latest';
}
