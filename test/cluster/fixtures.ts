import { parseAllDocuments } from 'yaml';
import type { ApiObject } from './api.ts';
import { waitFor } from './child.ts';
import type { Cluster } from './harness.ts';
import { defaultServiceAccount } from './service-account.ts';

/** A namespace that can take pods. */
export async function makeNamespace(
  cluster: Cluster,
  name: string,
  metadata: { labels?: Record<string, string>; annotations?: Record<string, string> } = {},
): Promise<void> {
  await cluster.api.must('POST', '/api/v1/namespaces', { metadata: { name, ...metadata } });
  await defaultServiceAccount(cluster.api, name);
}

/** Deletes what a manifest made, and waits until its namespaces and kinds can be made again. */
export async function deleteManifest(cluster: Cluster, manifest: string): Promise<void> {
  await cluster.kubectl(['delete', '--ignore-not-found', '--wait=false', '-f', '-'], { input: manifest });
  const gone = (path: string) => async () => (await cluster.api.call('GET', path)).status === 404 || undefined;
  for (const path of ['/api/v1/namespaces/outrigger-system', '/api/v1/namespaces/istio-system', ...crdPaths(manifest)])
    await waitFor(gone(path), { what: `the end of ${path}`, timeoutMs: 60_000 });
}

function crdPaths(manifest: string): string[] {
  const found = parseAllDocuments(manifest).map((document) => document.toJS() as ApiObject | null);
  return found
    .filter((object) => object?.kind === 'CustomResourceDefinition')
    .map((object) => `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${object?.metadata?.name}`);
}

export interface PodShape {
  readonly name?: string;
  readonly generateName?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly hostNetwork?: boolean;
}

export function podOf(shape: PodShape): ApiObject {
  const { hostNetwork, ...metadata } = shape;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, labels: { ...metadata.labels }, annotations: { ...metadata.annotations } },
    spec: {
      ...(hostNetwork === true ? { hostNetwork } : {}),
      containers: [{ name: 'app', image: 'example.invalid/app:1', ports: [{ containerPort: 8080 }] }],
    },
  };
}

export function podsPath(namespace: string): string {
  return `/api/v1/namespaces/${namespace}/pods`;
}

/** Runs `work` on every item, `width` at a time. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]();
  const lane = async () => {
    for (let next = rest.next(); next.done !== true; next = rest.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: width }, lane));
}
